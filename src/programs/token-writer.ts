import { cast, equal, greater, reduceSum, slice, squeeze, sub, type Value, where } from '../graph/index.ts';
import { type SampleInputs, sampleFrom } from './sample.ts';

/** How a program chooses the next token, and knows when all is written. */
export interface Writer {
  /**
   * The token after the last one.
   * @param logits float32 (B, T, V)
   * @param step int64 scalar: how many were written before
   * @param last int32 (B, 1): the one written before; none for the first
   * @returns int32 (B, 1)
   */
  next(logits: Value, step: Value, last?: Value): Value;
  /** Whether any sequence goes on after these tokens, int32 (B, 1): a bool scalar; undefined where none ever ends. */
  goesOn(last: Value): Value | undefined;
}

/** Draws each token. @param stop the token that ends a sequence, which then repeats it until the others have ended too */
export function makeWriter(sampling: SampleInputs, stop: number | undefined): Writer {
  const draw = (logits: Value, step: Value): Value => {
    const last = logits.shape[1] === 1 ? logits : slice(logits, { axis: 1, start: -1 }); // (B, 1, V)
    return sampleFrom(squeeze(last, [1]), step, sampling);
  };
  if (stop === undefined) return { next: draw, goesOn: () => undefined };
  return {
    next: (logits, step, last) => {
      const drawn = draw(logits, step);
      return last === undefined ? drawn : where(equal(last, stop), last, drawn);
    },
    goesOn: (last) => {
      const open = reduceSum(sub(1, cast(equal(last, stop), 'int32')), { axes: [0, 1], keepDims: false });
      return greater(open, 0);
    },
  };
}
