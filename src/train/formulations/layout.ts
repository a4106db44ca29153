import { dimensionsOf, reshape, type Shape, type Value } from '../../graph/index.ts';
import { type Formulation, isCallOf, madeBy } from './formulation.ts';

/** One Reshape after another is the last one alone, where its lengths can be told from what comes first. */
export const oneReshape: Formulation = (node, [x]) => {
  const target = isCallOf('Reshape', node) ? node.outputs[0]?.shape : undefined;
  const before = madeBy('Reshape', x)?.inputs[0];
  return target !== undefined && before !== undefined && tells(before, target) ? [reshaped(before, target)] : undefined;
};

function reshaped(x: Value, target: Shape): Value {
  const before = madeBy('Reshape', x)?.inputs[0];
  return before !== undefined && tells(before, target) ? reshaped(before, target) : reshape(x, target);
}

/** Whether a shape can be written as ONNX's 0 (a length that stays) and one −1, with no length read when the graph runs. */
function tells({ shape }: Value, target: Shape): boolean {
  const changed = (length: Shape[number], axis: number): boolean =>
    typeof length !== 'number' && shape[axis] !== length;
  return target.filter(changed).length <= 1;
}

/**
 * A Transpose that moves only axes of length 1 moves no element: a Reshape, which copies nothing. One that turns an earlier one back
 * is what was there before it.
 */
export const fewerTransposes: Formulation = (node, [x]) => {
  const target = isCallOf('Transpose', node) ? node.outputs[0]?.shape : undefined;
  if (target === undefined || x === undefined) return undefined;
  const perm = permutation(node.attributes.perm);
  const moving = perm.filter((axis) => x.shape[axis] !== 1);
  const still = moving.every((axis, index) => index === 0 || axis > (moving[index - 1] ?? 0));
  if (moving.length < x.rank && still && tells(x, target)) return [reshaped(x, target)];
  const earlier = madeBy('Transpose', x);
  const before = permutation(earlier?.attributes.perm);
  const [first] = earlier?.inputs ?? [];
  return first !== undefined && perm.every((axis, place) => before[axis] === place) ? [first] : undefined;
};

function permutation(perm: unknown): readonly number[] {
  return Array.isArray(perm) ? perm.map(Number) : [];
}

/**
 * Lengths of axes that a Transpose left side by side are read in front of it. ONNX Runtime moves the Transpose itself behind the Shape
 * otherwise, as a Gather over int64, which no GPU provider runs.
 */
export const lengthsBeforeTranspose: Formulation = (node, [x]) => {
  if (!isCallOf('Shape', node) || x === undefined) return undefined;
  const [source, start, end] = beforeTranspose(x, Number(node.attributes.start), Number(node.attributes.end));
  return source === x ? undefined : [dimensionsOf(source, start, end)];
};

function beforeTranspose(x: Value, start: number, end: number): [x: Value, start: number, end: number] {
  const turn = madeBy('Transpose', x);
  const [before] = turn?.inputs ?? [];
  const axes = permutation(turn?.attributes.perm).slice(start, end);
  const [first] = axes;
  if (before === undefined || first === undefined || axes.some((axis, index) => axis !== first + index)) {
    return [x, start, end];
  }
  return beforeTranspose(before, first, first + axes.length);
}
