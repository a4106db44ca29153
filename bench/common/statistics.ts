/** What is told of a list of measured times. */
export interface Summary {
  readonly median: number;
  readonly minimum: number;
  readonly count: number;
}

/** One side's time by another's, of medians and of minima: below 1, the first one is faster. */
export interface Ratio {
  readonly median: number;
  readonly minimum: number;
}

/** @throws RangeError when nothing was measured. */
export function summarize(times: readonly number[]): Summary {
  const sorted = [...times].sort((left, right) => left - right);
  const [minimum] = sorted;
  if (minimum === undefined) throw new RangeError('nothing was measured');
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? minimum;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
  return { median, minimum, count: sorted.length };
}

/** The first one's time by the second one's. */
export function ratioOf(ours: Summary, theirs: Summary): Ratio {
  return { median: ours.median / theirs.median, minimum: ours.minimum / theirs.minimum };
}
