import { type Block, type Graph, type Node, producer, type Value } from '../../graph/index.ts';

/** A parameter that a matrix product has as its right factor. */
export interface ProductWeight {
  readonly name: string;
  /** (rows, columns) */
  readonly shape: readonly [rows: number, columns: number];
  /** The axis that the product sums over: 0, or 1 where the product reads the parameter transposed. */
  readonly axis: 0 | 1;
  /** How many loops deep the deepest product lies that reads it. */
  readonly depth: number;
}

/** The parameters that matrix products of a graph (bodies included) read as they are or transposed, by name. */
export function productWeights(graph: Graph): ReadonlyMap<string, ProductWeight> {
  const held = new Set(graph.parameters.map(({ value }) => value));
  const found = new Map<string, ProductWeight>();
  for (const { node, depth } of nodesOf(graph)) {
    const read = weightOf(node);
    if (read === undefined || !held.has(read.value)) continue;
    const { name, axis, value } = read;
    const [rows = 0, columns = 0] = value.shape.map(Number);
    const before = found.get(name) ?? { name, shape: [rows, columns], axis, depth };
    found.set(name, { ...before, depth: Math.max(before.depth, depth) });
  }
  return found;
}

/** The parameter that a MatMul has as its right factor, if it has. */
export function weightOf(node: Node): { name: string; value: Value; axis: 0 | 1 } | undefined {
  const [, right] = node.inputs;
  if (node.operator.name !== 'MatMul' || right?.rank !== 2) return undefined;
  const maker = producer(right);
  const transposed = maker?.operator.name === 'Transpose';
  const value = transposed ? maker?.inputs[0] : right;
  if (value?.source.kind !== 'parameter') return undefined;
  return { name: value.source.name, value, axis: transposed ? 1 : 0 };
}

/** All nodes, with the number of loops around each. */
export function nodesOf(block: Block, depth = 0): { node: Node; depth: number }[] {
  return block.nodes.flatMap(({ node, bodies }) => [
    { node, depth },
    ...Object.values(bodies).flatMap((body) => nodesOf(body, depth + 1)),
  ]);
}
