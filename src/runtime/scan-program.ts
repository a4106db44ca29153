import { decodeModel, encodeModel } from '../onnx/codec.ts';
import { DataLocation } from '../onnx/enums.ts';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, ValueInfoProto } from '../onnx/types.ts';
import { describeDeclared } from './declared.ts';
import type { StatePair, ValueDescription } from './session.ts';

/** A model that is one Scan, and what makes its states from the model's and the model's from its, taken apart. */
export interface ScanProgram {
  /** The .onnx file of one turn: the body, and what it takes from outside. */
  readonly turn: Uint8Array;
  /** The inputs and outputs of the whole model. */
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  /** What is carried from turn to turn: the whole model's names, and the turn's. */
  readonly states: readonly {
    readonly input: string;
    readonly formal: string;
    readonly next: string;
    readonly output: string;
  }[];
  /** What each turn takes its element of, along the first axis. */
  readonly sequences: readonly { readonly input: string; readonly formal: string }[];
  /** Inputs that every turn takes whole. */
  readonly shared: readonly string[];
  /** What each turn adds an element to, along the first axis. */
  readonly stacked: readonly { readonly element: string; readonly output: string }[];
  /** The node that is no longer there. */
  readonly node: { readonly name: string; readonly operator: string };
}

/**
 * Takes a model apart whose whole work is a Scan (ONNX Scan-16 and its forerunners from 9 on): a train program. Control flow runs on
 * the CPU in ONNX Runtime, so on a GPU whatever is carried along would cross to the host and back at every turn; a turn
 * by itself stays there.
 *
 * @param declared the model's state pairs (`trilu.state`)
 * @returns undefined for a model of any other form, which then runs as it is
 */
export function takeScanApart(bytes: Uint8Array, declared: readonly StatePair[]): ScanProgram | undefined {
  const model = decodeModel(bytes, 'The model');
  const { graph } = model;
  const scans = (graph.node ?? []).filter(({ opType, domain = '' }) => opType === 'Scan' && domain === '');
  const [scan] = scans;
  if (scan === undefined || scans.length > 1 || holdsExternalData(graph)) return undefined;
  const body = attributeOf(scan, 'body')?.g;
  if (body === undefined || !goesForwardAlongTheFirstAxis(scan)) return undefined;
  return assemble(model, scan, body, declared);
}

/** The names that come in and out of a Scan, and what stands for them in its body. */
interface Crossing {
  readonly outside: string;
  readonly inside: string;
}

interface Crossings {
  /** As many going in as coming out, in one order. */
  readonly statesIn: readonly Crossing[];
  readonly statesOut: readonly Crossing[];
  readonly sequences: readonly Crossing[];
  readonly stacked: readonly Crossing[];
}

function crossingsOf(scan: NodeProto, body: GraphProto): Crossings {
  const pair = (outside: readonly string[], inside: readonly ValueInfoProto[]): Crossing[] =>
    outside.map((name, index) => ({ outside: name, inside: inside[index]?.name ?? '' }));
  const given = pair(scan.input ?? [], body.input ?? []);
  const made = pair(scan.output ?? [], body.output ?? []);
  const count = given.length - Number(attributeOf(scan, 'num_scan_inputs')?.i ?? 0);
  return {
    statesIn: given.slice(0, count),
    statesOut: made.slice(0, count),
    sequences: given.slice(count),
    stacked: made.slice(count),
  };
}

function assemble(
  model: ModelProto,
  scan: NodeProto,
  body: GraphProto,
  declared: readonly StatePair[],
): ScanProgram | undefined {
  const { graph } = model;
  const crossings = crossingsOf(scan, body);
  const turn = bareTurn(graph, scan, body, crossings) ?? wrappedTurn(graph, scan, body, crossings, declared);
  if (turn === undefined) return undefined;
  const { nodes, states, inputs, outputs, shared } = turn;
  return {
    turn: encodeModel({
      ...model,
      graph: {
        ...graph,
        node: nodes,
        ...withAll('initializer', [...(graph.initializer ?? []), ...(body.initializer ?? [])]),
        input: inputs,
        output: outputs,
        ...withAll('valueInfo', [...(graph.valueInfo ?? []), ...(body.valueInfo ?? [])]),
      },
      // What the file says of itself holds for the whole of it.
      metadataProps: [],
    }),
    inputs: (graph.input ?? []).map(describeDeclared),
    outputs: (graph.output ?? []).map(describeDeclared),
    states,
    sequences: crossings.sequences.map(({ outside, inside }) => ({ input: outside, formal: inside })),
    shared: shared.map((info) => info.name ?? ''),
    stacked: crossings.stacked.map(({ outside, inside }) => ({ element: inside, output: outside })),
    node: { name: scan.name ?? '', operator: 'Scan' },
  };
}

interface Turn extends Pick<ScanProgram, 'states'> {
  readonly nodes: readonly NodeProto[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly shared: readonly ValueInfoProto[];
}

/** The turn of a Scan that stands between the model's inputs and outputs: its body. */
function bareTurn(graph: GraphProto, scan: NodeProto, body: GraphProto, crossings: Crossings): Turn | undefined {
  const { statesIn, statesOut, sequences, stacked } = crossings;
  const [given, made] = [
    [...statesIn, ...sequences],
    [...statesOut, ...stacked],
  ].map((all) => all.map(({ outside }) => outside)) as [string[], string[]];
  const [inputs, outputs] = [graph.input ?? [], graph.output ?? []];
  const outer = (graph.node ?? []).filter((node) => node !== scan);
  const shared = sharedInputs(outer, body, inputs);
  const isWhole =
    hasAll(inputs, given) &&
    hasAll(outputs, made) &&
    outputs.every(({ name = '' }) => made.includes(name)) &&
    !readsAny(outer, [...given, ...made]) &&
    // What a turn takes whole is an input of its own beside the formals: an input can't be both.
    !shared.some(({ name = '' }) => given.includes(name));
  if (!isWhole) return undefined;
  return {
    nodes: [...outer, ...(body.node ?? [])],
    inputs: [...(body.input ?? []), ...shared],
    outputs: body.output ?? [],
    shared,
    states: statesIn.map(({ outside, inside }, index) => ({
      input: outside,
      formal: inside,
      next: statesOut[index]?.inside ?? '',
      output: statesOut[index]?.outside ?? '',
    })),
  };
}

/**
 * The turn of a Scan whose states are made from the model's and made into them again (joined and parted): all of that, once. Only a
 * program that declares its states promises that it can be run turn by turn.
 */
function wrappedTurn(
  graph: GraphProto,
  scan: NodeProto,
  body: GraphProto,
  crossings: Crossings,
  declared: readonly StatePair[],
): Turn | undefined {
  const { statesIn, statesOut, sequences, stacked } = crossings;
  const [inputs, outputs] = [graph.input ?? [], graph.output ?? []];
  const isState = new Set(declared.flatMap(({ input, output }) => [input, output]));
  const [given, made] = [sequences, stacked].map((all) => all.map(({ outside }) => outside)) as [string[], string[]];
  const nodes = graph.node ?? [];
  const place = nodes.indexOf(scan);
  const [before, after] = [nodes.slice(0, place), nodes.slice(place + 1)];
  const isWhole =
    declared.length > 0 &&
    hasAll(
      inputs,
      declared.map(({ input }) => input),
    ) &&
    hasAll(inputs, given) &&
    hasAll(outputs, made) &&
    outputs.every(({ name = '' }) => made.includes(name) || isState.has(name)) &&
    !readsAny([...before, ...after, ...(body.node ?? [])], [...given, ...made]);
  if (!isWhole) return undefined;
  const shared = inputs.filter(({ name = '' }) => !isState.has(name) && !given.includes(name));
  const elements = new Set(sequences.map(({ inside }) => inside));
  const results = new Set(stacked.map(({ inside }) => inside));
  // What crosses keeps one name, that of the outside; only what goes out twice, or came in, needs a node of its own.
  const names = new Map(statesIn.map(({ outside, inside }) => [inside, outside]));
  const again: NodeProto[] = [];
  for (const { outside, inside } of statesOut) {
    const name = names.get(inside);
    if (name === undefined) names.set(inside, outside);
    else again.push({ opType: 'Identity', input: [name], output: [outside] });
  }
  for (const { inside } of stacked) {
    const name = names.get(inside);
    if (name !== undefined) again.push({ opType: 'Identity', input: [name], output: [inside] });
  }
  return {
    nodes: [...before, ...(body.node ?? []).map((node) => renamed(node, names)), ...again, ...after],
    inputs: [
      ...inputs.filter(({ name = '' }) => isState.has(name)),
      ...(body.input ?? []).filter(({ name = '' }) => elements.has(name)),
      ...shared,
    ],
    outputs: [
      ...outputs.filter(({ name = '' }) => isState.has(name)),
      ...(body.output ?? []).filter(({ name = '' }) => results.has(name)),
    ],
    shared,
    states: declared.map(({ input, output }) => ({ input, formal: input, next: output, output })),
  };
}

/** A node with other names for some of its values, in its bodies too. */
function renamed(node: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
  const named = (name: string): string => names.get(name) ?? name;
  return {
    ...node,
    ...(node.input === undefined ? {} : { input: node.input.map(named) }),
    ...(node.output === undefined ? {} : { output: node.output.map(named) }),
    ...(node.attribute === undefined
      ? {}
      : { attribute: node.attribute.map((attribute) => ({ ...attribute, ...withBody(attribute, names) })) }),
  };
}

function withBody({ g }: AttributeProto, names: ReadonlyMap<string, string>): Pick<AttributeProto, 'g'> {
  if (g === undefined) return {};
  const output = (g.output ?? []).map((info) => ({ ...info, name: names.get(info.name ?? '') ?? info.name ?? '' }));
  return { g: { ...g, node: (g.node ?? []).map((node) => renamed(node, names)), output } };
}

function hasAll(infos: readonly ValueInfoProto[], names: readonly string[]): boolean {
  const there = new Set(infos.map(({ name }) => name));
  return names.every((name) => there.has(name));
}

function readsAny(nodes: readonly NodeProto[], names: readonly string[]): boolean {
  const sought = new Set(names);
  return nodes.some((node) => readNames(node).some((name) => sought.has(name)));
}

/** A repeated field that is absent when it is empty, as the messages have it. */
function withAll<Name extends string, Item>(name: Name, items: readonly Item[]): { [Key in Name]?: readonly Item[] } {
  return items.length === 0 ? {} : ({ [name]: items } as { [Key in Name]: readonly Item[] });
}

/** The graph's inputs that its nodes beside the Scan read, or that the body reads from outside. */
function sharedInputs(
  outer: readonly NodeProto[],
  body: GraphProto,
  inputs: readonly ValueInfoProto[],
): ValueInfoProto[] {
  const read = new Set([...outer, ...(body.node ?? [])].flatMap(readNames));
  for (const { name = '' } of body.input ?? []) read.delete(name);
  return inputs.filter(({ name = '' }) => read.has(name));
}

/** Everything a node reads, in its bodies too. */
function readNames({ input = [], attribute = [] }: NodeProto): readonly string[] {
  const inner = attribute.flatMap(({ g }) => [
    ...(g?.node ?? []).flatMap(readNames),
    ...(g?.output ?? []).map(({ name = '' }) => name),
  ]);
  return inner.length === 0 ? input : [...input, ...inner];
}

function attributeOf({ attribute = [] }: NodeProto, name: string): AttributeProto | undefined {
  return attribute.find((candidate) => candidate.name === name);
}

/** Axes and directions other than the defaults (0 and forward) would need another way of slicing and stacking. */
function goesForwardAlongTheFirstAxis(scan: NodeProto): boolean {
  return ['scan_input_axes', 'scan_input_directions', 'scan_output_axes', 'scan_output_directions']
    .flatMap((name) => attributeOf(scan, name)?.ints ?? [])
    .every((value) => Number(value) === 0);
}

/** Data beside the file is found by the file's path, which the turn doesn't have. */
function holdsExternalData({ initializer = [] }: GraphProto): boolean {
  return initializer.some(({ dataLocation }) => dataLocation === DataLocation.EXTERNAL);
}
