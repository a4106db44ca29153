import { expect } from 'vitest';

/** Expects an error to be below its limit; NaN is not. */
export function expectWithin(error: number, limit: number, what: string): void {
  expect(error, what).toBeLessThan(limit);
}
