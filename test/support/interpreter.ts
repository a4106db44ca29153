import { contents, type Dimension, type Node, nodesBefore, type Value } from '../../src/graph/index.ts';
import { elementwiseKernels } from './interpreter-elementwise.ts';
import { reductionKernels } from './interpreter-reduction.ts';
import { shapeKernels } from './interpreter-shape.ts';
import { at, type Kernel, pick, stridesOf, type Tensor, tensorOf } from './interpreter-tensor.ts';

/** Tensors by value: what is fed, and what has been computed. */
export type Tensors = ReadonlyMap<Value, Tensor>;

const kernels: Readonly<Record<string, Kernel>> = { ...elementwiseKernels, ...shapeKernels, ...reductionKernels };

/**
 * An independent, slow and exact reading of the ONNX standard: evaluates values in float64, whatever their floating-point type.
 * Constants keep the float32 that files hold. Every tensor is checked against the shape that was inferred for its value.
 * @param fed values besides the leaves that will be fed, so that nothing before them is computed.
 * @returns a function from what is fed to the values' tensors.
 */
export function interpreter(
  values: readonly Value[],
  fed: Iterable<Value> = [],
): (feeds: Tensors) => readonly Tensor[] {
  const nodes = nodesBefore(values, new Set(fed));
  return (feeds) => {
    const known = new Map(feeds);
    const sizes = new Map<Dimension, number>();
    for (const [value, tensor] of feeds) checkShape(value, tensor, sizes);
    for (const node of nodes) compute(node, known, sizes);
    return values.map((value) => read(value, known));
  };
}

/** Evaluates values once. */
export function evaluate(values: readonly Value[], feeds: Tensors): readonly Tensor[] {
  return interpreter(values)(feeds);
}

function compute(node: Node, known: Map<Value, Tensor>, sizes: Map<Dimension, number>): void {
  const inputs = node.inputs.filter((value) => value !== undefined).map((value) => read(value, known));
  const results = node.operator.name === 'Scan' ? scan(node, inputs, known, sizes) : apply(node, inputs);
  for (const [index, value] of node.outputs.entries()) {
    const tensor = results[index];
    if (tensor === undefined) throw new Error(`${node.operator.name} has no output ${index}`);
    checkShape(value, tensor, sizes);
    known.set(value, tensor);
  }
}

function apply(node: Node, [first, ...rest]: readonly Tensor[]): readonly Tensor[] {
  const kernel = kernels[node.operator.name];
  if (kernel === undefined) throw new Error(`the interpreter does not know ${node.operator.name}`);
  if (first === undefined) throw new Error(`${node.operator.name} has no inputs`);
  return kernel([first, ...rest], node);
}

/** One turn of the body for each element of the sequences; states go from turn to turn, the other outputs are stacked. */
function scan(
  node: Node,
  inputs: readonly Tensor[],
  outside: Tensors,
  sizes: Map<Dimension, number>,
): readonly Tensor[] {
  const { body } = node.bodies;
  if (body === undefined) throw new Error('Scan has no body');
  const stateCount = inputs.length - Number(node.attributes.num_scan_inputs);
  let states = inputs.slice(0, stateCount);
  const sequences = inputs.slice(stateCount);
  const turns = sequences[0]?.shape[0] ?? 0;
  const stacks: Tensor[][] = [];
  for (let turn = 0; turn < turns; turn++) {
    const inside = new Map(outside);
    const fed = [...states, ...sequences.map((sequence) => element(sequence, turn))];
    for (const [index, formal] of body.inputs.entries()) {
      const tensor = fed[index];
      if (tensor !== undefined) inside.set(formal, tensor);
    }
    for (const inner of contents(body).nodes) compute(inner, inside, sizes);
    const yielded = body.outputs.map((value) => read(value, inside));
    states = yielded.slice(0, stateCount);
    stacks.push(yielded.slice(stateCount));
  }
  const stacked = (stacks[0] ?? []).map(({ shape }, index) =>
    tensorOf(
      [turns, ...shape],
      stacks.flatMap((turn) => [...(turn[index]?.data ?? [])]),
    ),
  );
  return [...states, ...stacked];
}

function element(sequence: Tensor, index: number): Tensor {
  const strides = stridesOf(sequence.shape);
  return pick(sequence, sequence.shape.slice(1), strides.slice(1), index * at(strides, 0));
}

function read(value: Value, known: Tensors): Tensor {
  const tensor = known.get(value);
  if (tensor !== undefined) return tensor;
  const { source } = value;
  if (source.kind === 'constant') return tensorOf(value.shape.map(Number), Array.from(source.data, Number));
  throw new Error(source.kind === 'node' ? `${value} has not been computed` : `${source.name} was not fed`);
}

/** Numbers must be what they say; a symbol (or an expression of symbols) must stand for one length throughout. */
function checkShape(value: Value, { shape }: Tensor, sizes: Map<Dimension, number>): void {
  const right =
    shape.length === value.rank &&
    value.shape.every((dimension, axis) => {
      const length = at(shape, axis);
      if (!sizes.has(dimension)) sizes.set(dimension, typeof dimension === 'number' ? dimension : length);
      return sizes.get(dimension) === length;
    });
  if (!right)
    throw new Error(`a value of inferred shape ${value} turned out to be (${shape}), made at ${value.location}`);
}
