import { Float16Array } from '@petamoriken/float16';
import { UserError } from '../../errors.ts';
import { cast, constant, emit, type Graph, type Node, namedConstant, rewrite, type Value } from '../../graph/index.ts';
import type { Weights } from '../../programs/parameters.ts';
import { nodesOf } from './product-weights.ts';

/** Operators that only move elements: they work in the type of what they move. The number says how many inputs that is. */
const moving: Readonly<Record<string, number>> = {
  Concat: Number.POSITIVE_INFINITY,
  Expand: 1,
  Gather: 1,
  GatherElements: 1,
  Identity: 1,
  Reshape: 1,
  Slice: 1,
  Split: 1,
  Squeeze: 1,
  Transpose: 1,
  Unsqueeze: 1,
};

/** Operators that work in float16 where all that comes in is float16 already. */
const elementwise: ReadonlySet<string> = new Set(['Add', 'Div', 'Erf', 'Mul', 'Relu', 'Sigmoid', 'Sub', 'Tanh']);

/** Matrix products: the right factor decides, which is the weights or what is kept of the past, the larger one. */
const products: ReadonlySet<string> = new Set(['MatMul', 'Gemm']);

/**
 * A graph whose matrices are float16, and with them the products, the residual stream and what lies between: activations and
 * movements. Everything else is computed in float32, with a Cast on each side: LayerNorm, the mask's −∞ and softmax, the loss and
 * sampling. Vectors (biases, LayerNorm's weights) are stored as float32. Inputs and outputs keep their types, and so does what loops
 * carry (a cache). Inside of loops all is float32, the weights being cast before the loop: runtimes run loops on the CPU, which has
 * no float16 products and would cast the weights at each turn.
 * @returns the graph, and the names of the weights that are stored so.
 * @throws UserError when a weight is beyond float16's range
 */
export function halfGraph(graph: Graph, weights: Weights): { graph: Graph; converted: readonly string[] } {
  const inLoops = new Set(nodesOf(graph).flatMap(({ node, depth }) => (depth > 0 ? [node] : [])));
  const converted: string[] = [];
  const twins = new Map<Value, Value>();
  /** A value in a type, if it is a floating-point number at all. */
  const as = (value: Value, type: 'float16' | 'float32'): Value => {
    if (value.type === type || (value.type !== 'float16' && value.type !== 'float32')) return value;
    const twin = twins.get(value) ?? inType(value, type);
    twins.set(value, twin);
    return twin;
  };
  const rewritten = rewrite(graph, {
    leaf: (value) => {
      if (value.source.kind !== 'parameter' || value.rank < 2) return undefined;
      const { name } = value.source;
      converted.push(name);
      return namedConstant(name, halfWeights(name, weights), 'float16', value.shape.map(Number));
    },
    node: (node, inputs) => {
      if (node.operator.name === 'Shape') return undefined; // reads no element
      if (!inputs.some((value) => value?.type === 'float16' || value?.type === 'float32')) return undefined;
      const type = !inLoops.has(node) && suitsHalf(node, inputs) ? 'float16' : 'float32';
      const typed = inputs.map((value) => value && as(value, type));
      const same = typed.every((value, index) => value === node.inputs[index]);
      return same ? node.outputs : emit(node.operator, typed, node.attributes);
    },
  });
  return { graph: rewritten, converted };
}

/** Whether a node works in float16. */
function suitsHalf({ operator: { name } }: Node, inputs: readonly (Value | undefined)[]): boolean {
  const given = inputs.filter((value) => value !== undefined);
  const moved = moving[name];
  if (moved !== undefined) return allHalf(given.slice(0, moved));
  if (products.has(name)) return given[1]?.type === 'float16';
  return elementwise.has(name) && allHalf(given);
}

/** At least one is float16 already, and the others are weights or numbers in formulas, which are what their fellows are. */
function allHalf(values: readonly Value[]): boolean {
  const bends = ({ source: { kind } }: Value): boolean => kind === 'parameter' || kind === 'constant';
  return (
    values.some(({ type }) => type === 'float16') && values.every((value) => value.type === 'float16' || bends(value))
  );
}

function inType(value: Value, type: 'float16' | 'float32'): Value {
  const { source } = value;
  if (source.kind !== 'constant' || type !== 'float16') return cast(value, type);
  return constant(Array.from(source.data, Number), type, value.shape.map(Number));
}

function halfWeights(name: string, weights: Weights): Uint16Array {
  const data = weights.get(name);
  if (data === undefined) throw new UserError(`There are no weights for the parameter ${name}.`);
  const half = new Float16Array(data);
  const bad = data.findIndex((number, index) => Number.isFinite(number) && !Number.isFinite(half[index]));
  if (bad < 0) return new Uint16Array(half.buffer);
  throw new UserError(`The weights of ${name} hold ${data[bad]}, which is beyond float16's 65504: write them in fp32.`);
}
