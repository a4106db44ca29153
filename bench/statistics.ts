/** What is told of a list of measured times. */
export interface Summary {
  readonly median: number;
  readonly minimum: number;
  readonly count: number;
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
