import { decodeModel, encodeModel } from '../onnx/codec.ts';
import { DataLocation } from '../onnx/enums.ts';
import type { GraphProto, ModelProto, NodeProto } from '../onnx/protos.ts';
import { describeDeclared } from './declared.ts';
import { attributeOf, type CarriedName, crossingsOf, iterationOf } from './scan-iteration.ts';
import type { StatePair, ValueDescription } from './session.ts';

/** A model that is one Scan, with the nodes before and after it, taken apart into what one iteration computes. */
export interface ScanProgram {
  /** The .onnx file of one iteration: the body, and what it takes from outside. */
  readonly iteration: Uint8Array;
  /** The inputs and outputs of the whole model. */
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  readonly states: readonly CarriedName[];
  /** Scan inputs: each iteration takes one element of them, along the first axis. */
  readonly sequences: readonly { readonly input: string; readonly formal: string }[];
  /** Inputs that every iteration takes as a whole. */
  readonly shared: readonly string[];
  /** Scan outputs: each iteration adds one element to them, along the first axis. */
  readonly stacked: readonly { readonly element: string; readonly output: string }[];
  /** The node that is no longer there. */
  readonly node: { readonly name: string; readonly operator: string };
}

/**
 * Takes a model apart whose whole work is a Scan (ONNX Scan-16 and its forerunners from 9 on): a train program. Control flow runs on
 * the CPU in ONNX Runtime, so on a GPU the carried values would cross to the host and back at every iteration; a single
 * iteration stays there.
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

function assemble(
  model: ModelProto,
  scan: NodeProto,
  body: GraphProto,
  declared: readonly StatePair[],
): ScanProgram | undefined {
  const { graph } = model;
  const crossings = crossingsOf(scan, body);
  const iteration = iterationOf(graph, { scan, body, crossings }, declared);
  if (iteration === undefined) return undefined;
  const { nodes, states, inputs, outputs, shared } = iteration;
  return {
    iteration: encodeModel({
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

/** A repeated field that is absent when it is empty, as the messages have it. */
function withAll<Name extends string, Item>(name: Name, items: readonly Item[]): { [Key in Name]?: readonly Item[] } {
  return items.length === 0 ? {} : ({ [name]: items } as { [Key in Name]: readonly Item[] });
}

/** Axes and directions other than the defaults (0 and forward) would need another way of slicing and stacking. */
function goesForwardAlongTheFirstAxis(scan: NodeProto): boolean {
  return ['scan_input_axes', 'scan_input_directions', 'scan_output_axes', 'scan_output_directions']
    .flatMap((name) => attributeOf(scan, name)?.ints ?? [])
    .every((value) => Number(value) === 0);
}

/** Data beside the file is found by the file's path, which the iteration doesn't have. */
function holdsExternalData({ initializer = [] }: GraphProto): boolean {
  return initializer.some(({ dataLocation }) => dataLocation === DataLocation.EXTERNAL);
}
