import { decodeModelFields } from '../onnx/codec.ts';
import type { GraphProto } from '../onnx/protos.ts';
import type { Backend } from './devices/device.ts';
import { RuntimeError } from './runtime-error.ts';
import type { Placement } from './session.ts';

/** What is told apart in a log: the device's name, and ONNX Runtime's name of its provider. */
type OwnProvider = Pick<Backend, 'device' | 'executionProvider'>;

/** The placement where a single provider runs everything: every node of the model's graph and of the bodies in it. */
export function placedOn(provider: string, model: Uint8Array): readonly Placement[] {
  const { graph } = decodeModelFields(model, 'The model', {
    irVersion: true,
    opsetImport: true,
    graph: { node: { name: true, opType: true, attribute: true } },
  });
  return nodesOf(graph).map(({ name = '', opType = '' }) => ({ node: name, operator: opType, provider }));
}

function nodesOf(graph: GraphProto): NonNullable<GraphProto['node']> {
  return (graph.node ?? []).flatMap((node) => [
    node,
    ...(node.attribute ?? []).flatMap(({ g }) => (g === undefined ? [] : nodesOf(g))),
  ]);
}

/** What ONNX Runtime logs while it assigns nodes to providers, and what that means. Group `node` is the node's name. */
const reasons: readonly (readonly [RegExp, (device: string) => string])[] = [
  [
    /kernel not found in registries for Op type: \S+ node name: (?<node>.*)$/,
    (device) => `${device} has no kernel for this operator with these element types at this opset`,
  ],
  [
    /Force fallback to CPU execution for node: (?<node>.*?)(?: because .*)?$/,
    () => 'it computes shapes or indices, which ONNX Runtime takes to be quicker on the CPU',
  ],
];

/** Operators that ONNX Runtime always runs on the CPU, whatever it says of kernels. */
const controlFlow: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan']);

/**
 * Reads the placement from what ONNX Runtime logs (at severity 0, verbose) while it loads a model.
 * @param model the file; its nodes are listed where the log says only that one provider runs all
 * @throws RuntimeError kind `load` when the log holds no placement
 */
export function readPlacement(log: string, own: OwnProvider, model: Uint8Array): readonly Placement[] {
  const placements: Placement[] = [];
  const why = new Map<string, string>();
  let provider: string | undefined;
  for (const line of log.split('\n')) {
    const all = /All nodes placed on \[(\w+)\]/.exec(line)?.[1];
    if (all !== undefined) return placedOn(all, model);
    const some = /Node\(s\) placed on \[(\w+)\]/.exec(line)?.[1];
    const [, operator, node] = /VerifyEachNodeIsAssignedToAnEp\]\s+(\S+) \((.*)\)\s*$/.exec(line) ?? [];
    if (some !== undefined) provider = some;
    else if (provider !== undefined && operator !== undefined && node !== undefined) {
      placements.push({ node, operator, provider });
    } else noteReason(line, own.device, why);
  }
  if (placements.length === 0) throw new RuntimeError('load', 'ONNX Runtime does not tell which provider runs what.');
  return placements.map((placement) => withReason(placement, own, why));
}

function noteReason(line: string, device: string, why: Map<string, string>): void {
  for (const [pattern, explain] of reasons) {
    const node = pattern.exec(line)?.groups?.node;
    if (node !== undefined) why.set(node, explain(device));
  }
}

function withReason(
  placement: Placement,
  { executionProvider }: OwnProvider,
  why: ReadonlyMap<string, string>,
): Placement {
  const { node, operator, provider } = placement;
  if (provider === executionProvider) return placement;
  const flow = controlFlow.has(operator) ? 'ONNX Runtime runs control flow on the CPU' : undefined;
  return { ...placement, reason: flow ?? why.get(node) ?? 'ONNX Runtime gives no reason' };
}
