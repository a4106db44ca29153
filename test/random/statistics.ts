/** Statistics that the tests of random numbers share. Every sample comes from fixed seeds, so a test's result never varies. */

/**
 * How many standard deviations may lie between a statistic and its expectation. A right generator exceeds this
 * once in 10^5 statistics; the suite looks at fewer than 10^4, and a wrong one passes it by far.
 */
export const DEVIATIONS = 4.5;

/** Pearson's chi-square as a standard normal number: (χ² − k) / √(2k) with k = cells − 1 degrees of freedom. */
export function chiSquareDeviations(counts: ArrayLike<number>, expected: (cell: number) => number): number {
  let chiSquare = 0;
  for (let cell = 0; cell < counts.length; cell += 1) {
    chiSquare += ((counts[cell] ?? 0) - expected(cell)) ** 2 / expected(cell);
  }
  const freedom = counts.length - 1;
  return (chiSquare - freedom) / Math.sqrt(2 * freedom);
}

/** The sum of `count` independent terms of mean 0 and variance 1, as a standard normal number. */
export function sumDeviations(sum: number, count: number): number {
  return sum / Math.sqrt(count);
}

/** Kolmogorov and Smirnov's √n · sup |F_n − F|: above 1.95 once in a thousand right samples. */
export function kolmogorovSmirnov(sample: ArrayLike<number>, distribution: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort();
  let distance = 0;
  for (const [index, x] of sorted.entries()) {
    const exact = distribution(x);
    distance = Math.max(distance, (index + 1) / sorted.length - exact, exact - index / sorted.length);
  }
  return Math.sqrt(sorted.length) * distance;
}

/** The standard normal distribution function, by Abramowitz and Stegun 26.2.17: within 7.5e-8. */
export function normalDistribution(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return x >= 0 ? 1 - tail : tail;
}
