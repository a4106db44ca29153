import * as v from 'valibot';

// As much of TensorFlow.js as the comparison uses: its own types are not there where it is not installed.

export interface Tensor {
  readonly shape: readonly number[];
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

export interface Variable extends Tensor {
  assign(value: Tensor): void;
}

type Operand = Tensor | number;

export interface TensorFlow {
  readonly version: { readonly tfjs: string };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tidy<Result>(body: () => Result): Result;
  keep<Kept extends Tensor>(tensor: Kept): Kept;
  variable(initial: Tensor, trainable: boolean, name: string): Variable;
  variableGrads(loss: () => Tensor): { readonly value: Tensor; readonly grads: Readonly<Record<string, Tensor>> };
  /** A function with a gradient of its own: how the loss changes with each argument, by how it changes with the value. */
  customGrad(
    body: (
      left: Tensor,
      right: Tensor,
      save: (kept: readonly Tensor[]) => void,
    ) => { readonly value: Tensor; readonly gradFunc: (byValue: Tensor, kept: readonly Tensor[]) => readonly Tensor[] },
  ): (left: Tensor, right: Tensor) => Tensor;
  tensor(data: Float32Array | Int32Array, shape: readonly number[], type: 'float32' | 'int32'): Tensor;
  zerosLike(x: Tensor): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, order?: readonly number[]): Tensor;
  tile(x: Tensor, repetitions: readonly number[]): Tensor;
  split(x: Tensor, parts: number, axis: number): readonly Tensor[];
  oneHot(ids: Tensor, depth: number): Tensor;
  cast(x: Tensor, type: 'float32'): Tensor;
  matMul(left: Tensor, right: Tensor, transposeLeft?: boolean, transposeRight?: boolean): Tensor;
  add(left: Operand, right: Operand): Tensor;
  sub(left: Operand, right: Operand): Tensor;
  mul(left: Operand, right: Operand): Tensor;
  div(left: Operand, right: Operand): Tensor;
  minimum(left: Operand, right: Operand): Tensor;
  neg(x: Tensor): Tensor;
  erf(x: Tensor): Tensor;
  sqrt(x: Tensor): Tensor;
  rsqrt(x: Tensor): Tensor;
  square(x: Tensor): Tensor;
  sum(x: Tensor, axis?: number): Tensor;
  mean(x: Tensor, axis?: number): Tensor;
  moments(x: Tensor, axis: number, keepDimensions: boolean): { readonly mean: Tensor; readonly variance: Tensor };
  softmax(x: Tensor, axis: number): Tensor;
  logSoftmax(x: Tensor, axis: number): Tensor;
}

const functions: readonly Exclude<keyof TensorFlow, 'version'>[] = [
  ...([
    'setBackend',
    'ready',
    'tidy',
    'keep',
    'variable',
    'variableGrads',
    'customGrad',
    'tensor',
    'zerosLike',
    'reshape',
  ] as const),
  ...([
    'transpose',
    'tile',
    'split',
    'oneHot',
    'cast',
    'matMul',
    'add',
    'sub',
    'mul',
    'div',
    'minimum',
    'neg',
    'erf',
  ] as const),
  ...(['sqrt', 'rsqrt', 'square', 'sum', 'mean', 'moments', 'softmax', 'logSoftmax'] as const),
];

/** Whether a module has all that the comparison uses. */
export const tensorFlowSchema = v.custom<TensorFlow>((module) => {
  const { success } = v.safeParse(v.looseObject({ version: v.looseObject({ tfjs: v.string() }) }), module);
  return success && functions.every((name) => typeof (module as Record<string, unknown>)[name] === 'function');
}, 'this version of TensorFlow.js lacks a function that the comparison uses');
