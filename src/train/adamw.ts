import {
  add,
  div,
  equal,
  min,
  mul,
  type Operand,
  reduceSum,
  reduceSumSquare,
  reshape,
  scope,
  sqrt,
  sub,
  tanh,
  type Value,
  where,
} from '../graph/index.ts';

/** Hyperparameters of AdamW, under PyTorch's names spelled out; they are constants of the training graph. */
export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Which parameters shrink: those with 2 or more dimensions (nanoGPT's groups), or all (PyTorch's default). */
  readonly decayed: 'matrices' | 'all';
  /** The global norm that gradients are scaled down to; 0 leaves them as they are. */
  readonly clip: number;
}

/** A parameter on its way through one step. */
export interface Trained {
  readonly parameter: Value;
  readonly gradient: Value;
  /** Running means of the gradient (exp_avg) and of its square (exp_avg_sq). */
  readonly firstMoment: Value;
  readonly secondMoment: Value;
  /** Whether weight decay shrinks it; `decays` tells what the options say. */
  readonly decays: boolean;
}

/** Whether the options let weight decay shrink a parameter. */
export function decays(parameter: Value, { decayed, weightDecay }: AdamWOptions): boolean {
  return weightDecay !== 0 && (decayed === 'all' || parameter.rank >= 2);
}

export interface StepScalars {
  /** float32 scalar. */
  readonly learningRate: Value;
  /** float32 scalar: how many steps were made before this one. */
  readonly step: Value;
  /** float32 scalar. Where it is given, a step whose loss or gradient norm is not finite leaves everything as it is, to the last bit. */
  readonly loss?: Value;
}

export interface AdamWResult {
  readonly updated: readonly { readonly parameter: Value; readonly firstMoment: Value; readonly secondMoment: Value }[];
  /** The global norm of the gradients before they were clipped. */
  readonly gradientNorm: Value;
}

/**
 * One step of AdamW (Loshchilov & Hutter 2019), as torch.optim.AdamW makes it, after torch.nn.utils.clip_grad_norm_:
 * `p ← p·(1 − lr·wd)`, then `p ← p − lr/(1 − β1ᵗ) · m / (√v / √(1 − β2ᵗ) + ε)`.
 * Scalars are gathered so that each tensor is passed over as seldom as possible.
 */
export function adamW(trained: readonly Trained[], scalars: StepScalars, options: AdamWOptions): AdamWResult {
  return scope('adamw', () => updates(trained, scalars, options));
}

function updates(
  trained: readonly Trained[],
  { learningRate, step, loss }: StepScalars,
  options: AdamWOptions,
): AdamWResult {
  const { beta1, beta2, epsilon, weightDecay, clip } = options;
  const gradientNorm = globalNorm(trained.map(({ gradient }) => gradient));
  const { orElse, sound } = soundness(gradientNorm, loss);
  const t = add(step, 1);
  const correction1 = oneMinusPower(beta1, t); // 1 − β1ᵗ
  const correction2 = sqrt(oneMinusPower(beta2, t)); // √(1 − β2ᵗ)
  const scale = clip > 0 ? min(div(clip, add(orElse(gradientNorm, 1), 1e-6)), 1) : undefined; // PyTorch adds this 1e-6 too
  const share1 = orElse(scale === undefined ? 1 - beta1 : mul(scale, 1 - beta1), 0); // of the gradient in the first moment
  const share2 = orElse(scale === undefined ? 1 - beta2 : mul(mul(scale, scale), 1 - beta2), 0); // of its square in the second
  const stepSize = orElse(div(mul(learningRate, correction2), correction1), 0);
  const [kept1, kept2] = [orElse(beta1, 1), orElse(beta2, 1)];
  const smallest = mul(correction2, epsilon);
  const shrink = orElse(sub(1, mul(learningRate, weightDecay)), 1);

  const updated = trained.map(({ parameter, gradient: given, firstMoment, secondMoment, decays }) => {
    const gradient = sound(given);
    const first = add(mul(firstMoment, kept1), mul(gradient, share1));
    const second = add(mul(secondMoment, kept2), mul(mul(gradient, gradient), share2));
    const update = mul(div(first, add(sqrt(second), smallest)), stepSize);
    return {
      parameter: sub(decays ? mul(parameter, shrink) : parameter, update),
      firstMoment: first,
      secondMoment: second,
    };
  });
  return { updated, gradientNorm };
}

/** What is done with a step that may not be sound: nothing, where no loss tells. */
interface Soundness {
  /** A scalar, or another number in a step that is not sound. */
  readonly orElse: (scalar: Operand, otherwise: number) => Operand;
  /** A gradient without what is not finite. */
  readonly sound: (gradient: Value) => Value;
}

/** Scalars make up for all but one thing: NaN · 0 is NaN, so in such a step the gradients themselves become −1: −1 · 0 is −0, which even −0 bears. */
function soundness(gradientNorm: Value, loss: Value | undefined): Soundness {
  if (loss === undefined) return { orElse: (scalar) => scalar, sound: (gradient) => gradient };
  const both = add(loss, gradientNorm);
  const finite = equal(sub(both, both), 0);
  return {
    orElse: (scalar, otherwise) => where(finite, scalar, otherwise),
    sound: (gradient) => where(finite, gradient, -1),
  };
}

/** √ of the sum of the squares of all elements of all tensors. */
function globalNorm(tensors: readonly Value[]): Value {
  return sqrt(tensors.map(sumOfSquares).reduce(add));
}

/** Summed in rows first: a float32 that takes up a million squares one by one ends with four digits right. */
function sumOfSquares(x: Value): Value {
  const rows = reshape(x, [-1, rowLength(x)]);
  return reduceSum(reduceSumSquare(rows, { axes: [-1] }));
}

/** The largest divisor of a tensor's size that is no larger than its root. */
function rowLength({ shape }: Value): number {
  const size = shape.reduce<number>((product, length) => product * Number(length), 1);
  let length = Math.floor(Math.sqrt(size));
  while (length > 1 && size % length !== 0) length--;
  return Math.max(length, 1);
}

/**
 * 1 − baseᵗ without the loss of digits that a float32 power near 1 would bring: with τ = tanh(t·ln(base) / 2),
 * 1 − eˣ = −2τ / (1 − τ), and tanh is exact to the last digits near 0.
 */
function oneMinusPower(base: number, t: Value): Value {
  const half = tanh(mul(t, Math.log(base) / 2));
  return div(mul(half, -2), sub(1, half));
}
