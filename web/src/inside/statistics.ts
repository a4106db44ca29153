import type { Numbers } from './element-types.ts';
import type { Statistics } from './protocol.ts';

/** How many bars a histogram has. */
export const barCount = 40;

/**
 * What numbers are like, of those that are finite, in float64.
 * @returns how many are not finite; and no statistics where all are not
 */
export function statisticsOf(numbers: Numbers): { readonly statistics?: Statistics; readonly notFinite: number } {
  let [sum, finite, smallest, largest] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < numbers.length; index += 1) {
    const value = Number(numbers[index]);
    if (!Number.isFinite(value)) continue;
    sum += value;
    finite += 1;
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  const notFinite = numbers.length - finite;
  if (finite === 0) return { notFinite };
  const mean = sum / finite;
  const bars = new Array<number>(smallest === largest ? 1 : barCount).fill(0);
  const scale = bars.length / (largest - smallest || 1);
  let squares = 0;
  // A second round: the sum of squares less the square of the sum would lose the deviation of numbers far from 0.
  for (let index = 0; index < numbers.length; index += 1) {
    const value = Number(numbers[index]);
    if (!Number.isFinite(value)) continue;
    squares += (value - mean) ** 2;
    // The largest belongs to the last bar.
    const bar = Math.min(bars.length - 1, Math.floor((value - smallest) * scale));
    bars[bar] = (bars[bar] ?? 0) + 1;
  }
  return { statistics: { smallest, largest, mean, deviation: Math.sqrt(squares / finite), bars }, notFinite };
}
