import type { AttributeProto, GraphProto, NodeProto, ValueInfoProto } from '../onnx/protos.ts';
import type { StatePair } from './session.ts';

/** The names that come in and out of a Scan, and what stands for them in its body. */
export interface Crossing {
  readonly outside: string;
  readonly inside: string;
}

export interface Crossings {
  /** As many going in as coming out, in one order. */
  readonly statesIn: readonly Crossing[];
  readonly statesOut: readonly Crossing[];
  readonly sequences: readonly Crossing[];
  readonly stacked: readonly Crossing[];
}

export function crossingsOf(scan: NodeProto, body: GraphProto): Crossings {
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

/** One iteration of a Scan as a graph of its own. */
export interface Iteration {
  readonly nodes: readonly NodeProto[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  /** Inputs of the model that every iteration takes whole. */
  readonly shared: readonly ValueInfoProto[];
  readonly states: readonly CarriedName[];
}

/** What is carried from iteration to iteration: the whole model's names, and the iteration's. */
export interface CarriedName {
  readonly input: string;
  readonly formal: string;
  readonly next: string;
  readonly output: string;
}

/** A Scan in its graph. */
export interface PlacedScan {
  readonly scan: NodeProto;
  readonly body: GraphProto;
  readonly crossings: Crossings;
}

/** @returns undefined where iterations run one by one might give something else */
export function iterationOf(
  graph: GraphProto,
  scan: PlacedScan,
  declared: readonly StatePair[],
): Iteration | undefined {
  return bareIteration(graph, scan) ?? wrappedIteration(graph, scan, declared);
}

/** The iteration of a Scan that stands between the model's inputs and outputs: its body. */
function bareIteration(graph: GraphProto, { scan, body, crossings }: PlacedScan): Iteration | undefined {
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
    // What an iteration takes whole is an input of its own beside the formals: an input can't be both.
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
 * The iteration of a Scan whose states are made from the model's and made into them again (joined and parted): all of that, once. A
 * program that declares its states promises that it goes on from them, so whatever the Scan carries must be made of them alone: what
 * begins anew in each run would begin anew in each iteration.
 */
function wrappedIteration(
  graph: GraphProto,
  { scan, body, crossings }: PlacedScan,
  declared: readonly StatePair[],
): Iteration | undefined {
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
    statesIn.every(({ outside }) => isMadeOf(outside, before, inputs, isState)) &&
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

/** Whether a value is one of these inputs, or computed from them and from no other input. */
function isMadeOf(
  name: string,
  nodes: readonly NodeProto[],
  inputs: readonly ValueInfoProto[],
  allowed: ReadonlySet<string>,
): boolean {
  const makers = new Map(nodes.flatMap((node) => (node.output ?? []).map((output) => [output, node] as const)));
  const isInput = new Set(inputs.map((input) => input.name ?? ''));
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = (value: string): void => {
    if (seen.has(value)) return;
    seen.add(value);
    if (isInput.has(value)) found.add(value);
    const maker = makers.get(value);
    if (maker !== undefined) for (const read of readNames(maker)) visit(read);
  };
  visit(name);
  return found.size > 0 && [...found].every((input) => allowed.has(input));
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

export function attributeOf({ attribute = [] }: NodeProto, name: string): AttributeProto | undefined {
  return attribute.find((candidate) => candidate.name === name);
}
