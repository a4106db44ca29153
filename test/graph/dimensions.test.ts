import { describe, expect, test } from 'vitest';
import {
  addDimensions,
  broadcastShapes,
  type Dimension,
  divideDimensions,
  formatShape,
  isSymbol,
  multiplyDimensions,
  sameShape,
  subtractDimensions,
  withoutLast,
} from '../../src/graph/dimensions.ts';
import { hash } from '../../src/random/counter.ts';
import { evaluateDimension, type Sizes } from '../support/evaluate-dimension.ts';

describe('arithmetic with dimensions', () => {
  test.each<[Dimension, Dimension]>([
    [addDimensions(3, 4), 7],
    [addDimensions('time', 'past'), 'past + time'],
    [addDimensions('past', 'time'), 'past + time'],
    [addDimensions('time', 'time'), '2*time'],
    [addDimensions(addDimensions('time', 1), addDimensions('past', 2)), 'past + time + 3'],
    [addDimensions('time', 0), 'time'],
    [multiplyDimensions(), 1],
    [multiplyDimensions('time'), 'time'],
    [multiplyDimensions('time', 'batch'), 'batch*time'],
    [multiplyDimensions('batch', 4, 'time', 8), '32*batch*time'],
    [multiplyDimensions('batch', 0), 0],
    [multiplyDimensions(addDimensions('a', 1), addDimensions('a', -1)), 'a*a - 1'],
    [multiplyDimensions(addDimensions('a', 'b'), 'c'), 'a*c + b*c'],
    [subtractDimensions('past + time', 'time'), 'past'],
    [subtractDimensions('time', 'time'), 0],
    [subtractDimensions('time', 2), 'time - 2'],
    [subtractDimensions(2, 'time'), '0 - time + 2'],
  ])('%s is written %s', (dimension, text) => {
    expect(dimension).toBe(text);
  });

  test.each<[Dimension, Dimension, Dimension | undefined]>([
    [12, 4, 3],
    [12, 5, undefined],
    [12, 0, undefined],
    ['batch*time', 0, undefined],
    ['batch*time', 'batch', 'time'],
    ['batch*time', 'time', 'batch'],
    ['6*batch*time', '3*time', '2*batch'],
    ['6*batch*time', '4*time', undefined],
    ['batch*time', 'head', undefined],
    ['a*a - 1', 'a + 1', 'a - 1'],
    ['a*a + 1', 'a + 1', undefined],
    ['batch*past + batch*time', 'past + time', 'batch'],
    [0, 'time', 0],
    [subtractDimensions(0, 'time'), 'time', -1],
    ['past + time', 'past + time', 1],
  ])('%s / %s is %s', (dividend, divisor, quotient) => {
    expect(divideDimensions(dividend, divisor)).toBe(quotient);
  });

  /** A random polynomial in three symbols, as the library makes it, and a function that computes the same in numbers. */
  function polynomial(seed: number): { dimension: Dimension; value: (sizes: Sizes) => number } {
    const symbols = ['past', 'time', 'batch'];
    const draw = (limit: number, ...counters: number[]): number => (hash(seed, ...counters) >>> 0) % limit;
    const terms = Array.from({ length: 1 + draw(3, 0) }, (_, term) => ({
      coefficient: draw(9, 1, term) - 4,
      factors: Array.from({ length: draw(3, 2, term) }, (_, factor) => symbols[draw(3, 3, term, factor)] ?? 'time'),
    }));
    const dimension = terms.reduce<Dimension>(
      (sum, { coefficient, factors }) => addDimensions(sum, multiplyDimensions(coefficient, ...factors)),
      0,
    );
    const value = (sizes: Sizes): number =>
      terms.reduce(
        (sum, term) => sum + term.factors.reduce((all, symbol) => all * (sizes[symbol] ?? 0), term.coefficient),
        0,
      );
    return { dimension, value };
  }

  test('is what arithmetic with numbers is, whatever the symbols stand for', () => {
    for (let seed = 0; seed < 2000; seed += 1) {
      const [left, right] = [polynomial(2 * seed), polynomial(2 * seed + 1)];
      const sizes = { past: hash(seed, 7) % 50, time: hash(seed, 8) % 50, batch: hash(seed, 9) % 50 };
      const [a, b] = [left.value(sizes), right.value(sizes)];
      const what = `(${left.dimension}) and (${right.dimension}) at ${JSON.stringify(sizes)}`;
      expect(evaluateDimension(left.dimension, sizes), what).toBe(a);
      expect(evaluateDimension(addDimensions(left.dimension, right.dimension), sizes), what).toBe(a + b);
      expect(evaluateDimension(subtractDimensions(left.dimension, right.dimension), sizes), what).toBe(a - b);
      expect(evaluateDimension(multiplyDimensions(left.dimension, right.dimension), sizes), what).toBe(a * b + 0); // no −0
    }
  });

  test('has one form for one polynomial: the order of the operations never shows', () => {
    for (let seed = 0; seed < 500; seed += 1) {
      const [a, b, c] = [0, 1, 2].map((index) => polynomial(3 * seed + index).dimension) as [
        Dimension,
        Dimension,
        Dimension,
      ];
      expect(addDimensions(a, b)).toBe(addDimensions(b, a));
      expect(multiplyDimensions(a, b)).toBe(multiplyDimensions(b, a));
      expect(addDimensions(addDimensions(a, b), c)).toBe(addDimensions(a, addDimensions(b, c)));
      expect(multiplyDimensions(a, b, c)).toBe(multiplyDimensions(c, multiplyDimensions(b, a)));
      expect(multiplyDimensions(a, addDimensions(b, c))).toBe(
        addDimensions(multiplyDimensions(a, b), multiplyDimensions(a, c)),
      );
      expect(subtractDimensions(addDimensions(a, b), b)).toBe(a);
      if (b !== 0) expect(divideDimensions(multiplyDimensions(a, b), b), `(${a}) * (${b}) / (${b})`).toBe(a);
    }
  });
});

describe('shapes', () => {
  test.each<[Dimension[], Dimension[], Dimension[] | undefined]>([
    [[], [], []],
    [[2, 3], [], [2, 3]],
    [[2, 3], [3], [2, 3]],
    [
      [2, 1],
      [1, 3],
      [2, 3],
    ],
    [[2, 3], [2], undefined],
    [
      ['batch', 'time', 4],
      ['time', 1],
      ['batch', 'time', 4],
    ],
    [
      ['batch', 1],
      ['batch', 'time'],
      ['batch', 'time'],
    ],
    [['batch'], ['time'], undefined],
    [['batch'], [4], undefined],
    [
      [0, 3],
      [1, 3],
      [0, 3],
    ],
  ])('%j and %j broadcast to %j', (left, right, shape) => {
    expect(broadcastShapes(left, right)).toEqual(shape);
    expect(broadcastShapes(right, left)).toEqual(shape);
  });

  test('read as tuples, compare by dimension, and lose their last axis', () => {
    expect(formatShape(['batch', 'past + time', 32])).toBe('(batch, past + time, 32)');
    expect(formatShape([])).toBe('()');
    expect(sameShape(['batch', 3], ['batch', 3])).toBe(true);
    expect(sameShape(['batch', 3], ['batch', 3, 1])).toBe(false);
    expect(sameShape(['batch', 3], ['time', 3])).toBe(false);
    expect(withoutLast(['batch', 'time', 3])).toEqual(['batch', 'time']);
  });

  test.each([
    ['batch', true],
    ['past_1', true],
    ['a.b', true],
    ['', false],
    ['past + time', false],
    ['2x', false],
    ['a-b', false],
  ])('%j as a symbol: %s', (text, good) => {
    expect(isSymbol(text)).toBe(good);
  });
});
