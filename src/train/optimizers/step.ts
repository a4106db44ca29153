import { UserError } from '../../errors.ts';
import {
  add,
  div,
  equal,
  formatShape,
  min,
  mul,
  type Operand,
  reduceSum,
  reduceSumSquare,
  reshape,
  sameShape,
  scope,
  sqrt,
  sub,
  type Value,
  where,
} from '../../graph/index.ts';
import { optimizerNamed } from './index.ts';
import type { Optimizer, OptimizerSetup, StepScalars, Trained, Updated } from './optimizer.ts';

/** What a step is told, whatever the optimizer; float32 scalars. */
export interface StepInputs {
  readonly learningRate: Value;
  /** How many steps were made before this one. */
  readonly stepsMade: Value;
  /** Where it is given, a step whose loss or gradient norm is not finite leaves everything as it is, to the last bit. */
  readonly loss?: Value;
}

/** A parameter and its slots after a step. */
type Moved = Pick<Trained, 'parameter' | 'slots'>;

/** What a step makes of parameters. */
export interface OptimizerStep {
  readonly updated: readonly Moved[];
  /** The global norm of the gradients before they were clipped. */
  readonly gradientNorm: Value;
}

/** Whether a setup lets weight decay shrink a parameter. */
export function decays(parameter: Value, { decayed, weightDecay = 0 }: OptimizerSetup): boolean {
  return weightDecay !== 0 && (decayed === 'all' || parameter.rank >= 2);
}

/**
 * One step of an optimizer, after torch.nn.utils.clip_grad_norm_.
 * @throws UserError where an update reads a slot that the optimizer does not declare, or makes something else of a tensor
 */
export function optimizerStep(trained: readonly Trained[], inputs: StepInputs, setup: OptimizerSetup): OptimizerStep {
  const optimizer = optimizerNamed(setup.name);
  return scope(optimizer.name, () => {
    const { learningRate, stepsMade, loss } = inputs;
    const gradientNorm = globalNorm(trained.map(({ gradient }) => gradient));
    const guard = loss === undefined ? noGuard : finiteGuard(add(loss, gradientNorm));
    const clipScale =
      setup.clip > 0
        ? min(div(setup.clip, add(guard.select(gradientNorm, 1), 1e-6)), 1) // PyTorch adds this 1e-6 too
        : undefined;
    const scalars = { learningRate, step: add(stepsMade, 1), clipScale, whenFinite: guard.select };
    const move = (optimizer.rawGradients ? moveByScalars : moveClipped)(optimizer, scalars, setup, guard);
    return { updated: trained.map(move), gradientNorm };
  });
}

type Update = (trained: Trained) => Updated;
type Move = (trained: Trained) => Moved;
type MakeMove = (optimizer: Optimizer, scalars: StepScalars, setup: OptimizerSetup, guard: FiniteGuard) => Move;

/** Clipping and the guard are in the scalars: what is left for the tensors is that no gradient may be NaN, since NaN · 0 is NaN. */
const moveByScalars: MakeMove = (optimizer, scalars, setup, guard) => {
  const update = optimizer.update(scalars, setup);
  return (trained) => checked(optimizer, { ...trained, gradient: guard.finite(trained.gradient) }, update);
};

/** The update gets clipped gradients, and what it makes of a skipped step is not taken. */
const moveClipped: MakeMove = (optimizer, scalars, setup, guard) => {
  const { clipScale } = scalars;
  const update = optimizer.update(scalars, setup);
  return (trained) => {
    const gradient = clipScale === undefined ? trained.gradient : mul(trained.gradient, clipScale);
    const { parameter, slots } = checked(optimizer, { ...trained, gradient }, update);
    const kept = Object.entries(slots).map(([name, slot]) => [name, guard.keep(slot, trained.slots[name] ?? slot)]);
    return { parameter: guard.keep(parameter, trained.parameter), slots: Object.fromEntries(kept) };
  };
};

/** What is done with a step that may not be finite. */
interface FiniteGuard {
  /** A scalar, or another number in a step that is not finite. */
  readonly select: (scalar: Operand, otherwise: number) => Operand;
  /** A gradient without what is not finite: −1 everywhere then, because −1 · 0 is −0, which even −0 bears. */
  readonly finite: (gradient: Value) => Value;
  /** The new tensor, or the old one in a step that is not finite. */
  readonly keep: (updated: Value, old: Value) => Value;
}

/** Where no loss tells, every step is made. */
const noGuard: FiniteGuard = { select: (scalar) => scalar, finite: (gradient) => gradient, keep: (updated) => updated };

/** @param sum not finite where anything in the step is not */
function finiteGuard(sum: Value): FiniteGuard {
  const finite = equal(sub(sum, sum), 0);
  return {
    select: (scalar, otherwise) => where(finite, scalar, otherwise),
    finite: (gradient) => where(finite, gradient, -1),
    keep: (updated, old) => where(finite, updated, old),
  };
}

/** What an update makes of a tensor, slots in their order, where it reads and writes what the optimizer declares. */
function checked({ name }: Optimizer, trained: Trained, update: Update): Moved {
  const declared = Object.keys(trained.slots);
  const among = declared.length === 0 ? 'there are none' : `there is ${declared.join(', ')}`;
  const slots = new Proxy(trained.slots, {
    get(target, slot) {
      if (typeof slot === 'string' && !Object.hasOwn(target, slot)) {
        refuse(`The optimizer ${name} reads a slot ${slot} that it does not declare (${among}): add it to its slots.`);
      }
      return Reflect.get(target, slot) as Value;
    },
  });
  const updated = update({ ...trained, slots });
  const stray = Object.keys(updated.slots).find((slot) => !declared.includes(slot));
  if (stray !== undefined) {
    refuse(`The optimizer ${name} writes a slot ${stray} that it does not declare (${among}): add it to its slots.`);
  }
  mustFit(`The optimizer ${name} makes of a parameter`, trained.parameter, updated.parameter);
  const next = Object.entries(trained.slots).map(([slot, old]) => {
    const value = updated.slots[slot];
    if (value === undefined) refuse(`The optimizer ${name} does not return its slot ${slot}: return what it is next.`);
    mustFit(`The optimizer ${name} makes of its slot ${slot}`, old, value);
    return [slot, value] as const;
  });
  return { parameter: updated.parameter, slots: Object.fromEntries(next) };
}

function mustFit(what: string, old: Value, next: Value): void {
  if (next.type === old.type && sameShape(next.shape, old.shape)) return;
  const [was, is] = [old, next].map(({ type, shape }) => `${type} ${formatShape(shape)}`);
  refuse(`${what} of ${was} a value of ${is}: it must stay as it is.`);
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

function refuse(message: string): never {
  throw new UserError(message);
}
