import { emit, inScope, type Node, nodesBefore, operands, reshape, slice, type Value } from '../graph/index.ts';

/**
 * The logits of the last token alone, and what leads to them computed for the last token alone as far back as no other token is looked
 * at: to the queries of the last layer, whose keys and values are of all tokens.
 * @param logits (B, T, V)
 * @param shown values on the way; of those that are computed for the last token alone, that is what is shown
 */
export function lastToken(logits: Value, shown: readonly Value[]): { logits: Value; shown: readonly Value[] } {
  const order = nodesBefore([logits]);
  const needs = needsOf(order, logits);
  /** What has been cut of each value, by the axis of which the last is left: scores have the text along two. */
  const cuts = new Map<Value, Map<number, Value>>();
  const keep = (value: Value, axis: number, made: Value): Value => {
    cuts.set(value, (cuts.get(value) ?? new Map<number, Value>()).set(axis, made));
    return made;
  };
  const lastOf = (value: Value, axis: number): Value =>
    cuts.get(value)?.get(axis) ??
    keep(value, axis, value.shape[axis] === 1 ? value : slice(value, { axis, start: -1, length: 1 }));
  for (const node of order) {
    const axis = axisOf(node, needs);
    const inputAxes = axis === undefined ? undefined : inputAxesOf(node, axis);
    if (axis === undefined || inputAxes === undefined) continue;
    inScope(node.scope, () => {
      const inputs = node.inputs.map((value, index) => {
        const inputAxis = inputAxes[index];
        return value === undefined || inputAxis === undefined ? value : lastOf(value, inputAxis);
      });
      for (const [index, made] of remade(node, inputs, axis).entries()) {
        const output = node.outputs[index];
        if (output !== undefined) keep(output, axis, made);
      }
    });
  }
  return {
    logits: lastOf(logits, 1),
    shown: shown.map((value) => {
      const need = needs.get(value);
      return typeof need === 'number' ? lastOf(value, need) : value;
    }),
  };
}

/** Which elements of a value are needed: the last along an axis, or all. */
type Need = number | 'all';

function needsOf(order: readonly Node[], logits: Value): ReadonlyMap<Value, Need> {
  const needs = new Map<Value, Need>([[logits, 1]]);
  for (const node of order.toReversed()) {
    const axis = axisOf(node, needs);
    const inputAxes = axis === undefined ? undefined : inputAxesOf(node, axis);
    for (const value of operands(node)) {
      const need = inputAxes?.[node.inputs.indexOf(value)] ?? 'all';
      needs.set(value, (needs.get(value) ?? need) === need ? need : 'all');
    }
  }
  return needs;
}

/** The axis along which all that is needed of a node's outputs is the last element; undefined where it is more. */
function axisOf({ outputs }: Node, needs: ReadonlyMap<Value, Need>): number | undefined {
  const [need, ...others] = new Set(outputs.flatMap((output) => needs.get(output) ?? []));
  return others.length === 0 && typeof need === 'number' ? need : undefined;
}

/** Of each input, the axis along which the last element suffices; undefined where all of it is needed. */
type InputAxes = readonly (number | undefined)[];

function inputAxesOf(node: Node, axis: number): InputAxes | undefined {
  return elementwise.has(node.operator.name) ? broadcastAxes(node, axis) : rules[node.operator.name]?.(node, axis);
}

const elementwise: ReadonlySet<string> = new Set(
  'Add Sub Mul Div Pow Max Min Neg Abs Sqrt Exp Log Tanh Erf Relu Sigmoid Reciprocal Cast Identity Equal Greater Less Where'.split(
    ' ',
  ),
);

function broadcastAxes({ inputs, outputs }: Node, axis: number): InputAxes {
  return inputs.map((value) => {
    const own = axis - (outputs[0]?.rank ?? 0) + (value?.rank ?? 0);
    return value === undefined || own < 0 || value.shape[own] === 1 ? undefined : own;
  });
}

/** The first input's own axis, where the operator leaves it alone. */
const untouched = (node: Node, axis: number): InputAxes | undefined =>
  positive(node, 'axis') === axis ? undefined : [axis];

function positive({ attributes, outputs }: Node, name: string): number {
  const value = Number(attributes[name]);
  return value < 0 ? value + (outputs[0]?.rank ?? 0) : value;
}

/** Each row on its own, where the axis is none of those that are reduced. */
const reduced = ({ attributes: { axes, keepdims } }: Node, axis: number): InputAxes | undefined =>
  keepdims === 1 && Array.isArray(axes) && !axes.includes(axis) ? [axis] : undefined;

const rules: Readonly<Record<string, (node: Node, axis: number) => InputAxes | undefined>> = {
  MatMul: ({ inputs: [left], outputs: [product] }, axis) =>
    left !== undefined && left.rank >= 2 && axis === (product?.rank ?? 0) - 2 ? [left.rank - 2] : undefined,
  ReduceMean: reduced,
  ReduceSum: reduced,
  ReduceSumSquare: reduced,
  ReduceMax: reduced,
  Softmax: untouched,
  Split: untouched,
  Concat: (node, axis) => (positive(node, 'axis') === axis ? undefined : node.inputs.map(() => axis)),
  LayerNormalization: (node, axis) => (axis < positive(node, 'axis') ? [axis] : undefined),
  Gather: (node, axis) =>
    positive(node, 'axis') === 0 && axis < (node.inputs[1]?.rank ?? 0) ? [undefined, axis] : undefined,
  Transpose: ({ attributes: { perm } }, axis) => (Array.isArray(perm) ? [Number(perm[axis])] : undefined),
  Reshape: ({ inputs: [x], outputs: [y] }, axis) => {
    const isKept = x?.shape.slice(0, axis + 1).join() === y?.shape.slice(0, axis + 1).join();
    return isKept ? [axis] : undefined;
  },
};

/** The node's operator called with what its inputs have become. */
function remade(node: Node, inputs: readonly (Value | undefined)[], axis: number): readonly Value[] {
  const [x] = inputs;
  const [y] = node.outputs;
  if (node.operator.name !== 'Reshape' || x === undefined || y === undefined) {
    return emit(node.operator, inputs, node.attributes);
  }
  return [
    reshape(
      x,
      y.shape.map((length, place) => (place === axis ? 1 : length)),
    ),
  ];
}
