import { decodeModel, encodeModel } from '../onnx/codec.ts';
import { DataLocation } from '../onnx/enums.ts';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, ValueInfoProto } from '../onnx/types.ts';
import { describeDeclared } from './declared.ts';
import type { ValueDescription } from './session.ts';

/** A model that is one Scan and nothing else that depends on what the Scan goes over, taken apart. */
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
 * @returns undefined for a model of any other form, which then runs as it is
 */
export function takeScanApart(bytes: Uint8Array): ScanProgram | undefined {
  const model = decodeModel(bytes, 'The model');
  const { graph } = model;
  const scans = (graph.node ?? []).filter(({ opType, domain = '' }) => opType === 'Scan' && domain === '');
  const [scan] = scans;
  if (scan === undefined || scans.length > 1 || holdsExternalData(graph)) return undefined;
  const body = attributeOf(scan, 'body')?.g;
  if (body === undefined || !goesForwardAlongTheFirstAxis(scan)) return undefined;
  return assemble(model, scan, body);
}

function assemble(model: ModelProto, scan: NodeProto, body: GraphProto): ScanProgram | undefined {
  const { graph } = model;
  const sequenceCount = Number(attributeOf(scan, 'num_scan_inputs')?.i ?? 0);
  const [given, formals] = [scan.input ?? [], body.input ?? []];
  const [made, results] = [scan.output ?? [], body.output ?? []];
  const stateCount = given.length - sequenceCount;
  const [inputs, outputs] = [graph.input ?? [], graph.output ?? []];
  const outer = (graph.node ?? []).filter((node) => node !== scan);
  const shared = sharedInputs(outer, body, inputs);

  const gone = new Set(given);
  const isWhole =
    given.every((name) => inputs.some((input) => input.name === name)) &&
    outputs.every(({ name = '' }) => made.includes(name)) &&
    made.every((name) => outputs.some((output) => output.name === name)) &&
    !outer.some((node) => readNames(node).some((name) => gone.has(name) || made.includes(name))) &&
    // What a turn takes whole is an input of its own beside the formals: an input can't be both.
    !shared.some(({ name = '' }) => gone.has(name));
  if (!isWhole) return undefined;

  const name = (infos: readonly ValueInfoProto[], index: number): string => infos[index]?.name ?? '';
  return {
    turn: encodeModel({
      ...model,
      graph: {
        ...graph,
        node: [...outer, ...(body.node ?? [])],
        ...withAll('initializer', [...(graph.initializer ?? []), ...(body.initializer ?? [])]),
        input: [...formals, ...shared],
        output: results,
        ...withAll('valueInfo', [...(graph.valueInfo ?? []), ...(body.valueInfo ?? [])]),
      },
      // What the file says of itself holds for the whole of it.
      metadataProps: [],
    }),
    inputs: inputs.map(describeDeclared),
    outputs: outputs.map(describeDeclared),
    states: given.slice(0, stateCount).map((input, index) => ({
      input,
      formal: name(formals, index),
      next: name(results, index),
      output: made[index] ?? '',
    })),
    sequences: given.slice(stateCount).map((input, index) => ({ input, formal: name(formals, stateCount + index) })),
    shared: shared.map((info) => info.name ?? ''),
    stacked: made.slice(stateCount).map((output, index) => ({ element: name(results, stateCount + index), output })),
    node: { name: scan.name ?? '', operator: 'Scan' },
  };
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
