import { describe, expect, test } from 'vitest';
import { parameter } from '../../src/graph/index.ts';
import {
  type Initialization,
  type Initializer,
  initializersOf,
  normal,
  ones,
  scaledNormal,
  uniform,
  zeros,
} from '../../src/model/index.ts';

/** The initializer of each parameter, given by name and shape. */
function chosen(
  shapes: Readonly<Record<string, readonly number[]>>,
  initialization: Initialization,
): Record<string, Initializer> {
  const parameters = Object.entries(shapes).map(([name, shape]) => ({ name, value: parameter(name, shape) }));
  return Object.fromEntries(initializersOf(parameters, initialization));
}

describe('a pattern of parameter names', () => {
  test.each<[pattern: string, fits: readonly string[], others: readonly string[]]>([
    ['wte.weight', ['wte.weight'], ['transformer.wte.weight', 'wte.weights', 'wteXweight']],
    ['*.weight', ['a.weight', 'h.0.attn.weight'], ['weight', 'a.weight.bias']],
    ['h.*.weight', ['h.0.weight', 'h.1.ln.weight'], ['g.h.0.weight', 'h.weight']],
    ['*ln*.bias', ['ln.bias', 'h.0.ln_1.bias'], ['h.0.bias']],
    ['*', ['a', 'a.b'], []],
    ['w+[a]', ['w+[a]'], ['wwa']],
    ['', [], ['a']],
  ])('%s means any characters by *, and nothing else by any other sign', (pattern, fits, others) => {
    const mark = uniform(7);
    const found = chosen(Object.fromEntries([...fits, ...others].map((name) => [name, [2, 3]])), { [pattern]: mark });
    expect(Object.keys(found).filter((name) => found[name] === mark)).toEqual(fits);
  });

  test('that stands before another counts where both fit', () => {
    const shapes = { 'h.0.proj.weight': [4, 4], 'h.0.fc.weight': [4, 4] };
    const [small, large] = [normal(0.1), normal(1)];
    expect(chosen(shapes, { '*.proj.weight': small, '*.weight': large })).toEqual({
      'h.0.proj.weight': small,
      'h.0.fc.weight': large,
    });
    expect(chosen(shapes, { '*.weight': large, '*.proj.weight': small })).toEqual({
      'h.0.proj.weight': large,
      'h.0.fc.weight': large,
    });
  });

  test('may have a function, which is told the parameter and how many inputs it has', () => {
    const seen: unknown[] = [];
    const watch: Initialization[string] = (parameter) => {
      seen.push(parameter);
      return zeros;
    };
    chosen({ 'fc.weight': [6, 4], 'fc.bias': [4], scale: [5], bias: [3] }, { '*': watch });
    expect(seen).toEqual([
      { name: 'fc.weight', shape: [6, 4], inputs: 6 },
      { name: 'fc.bias', shape: [4], inputs: 6 }, // those of the weight beside it
      { name: 'scale', shape: [5], inputs: 5 },
      { name: 'bias', shape: [3], inputs: 3 }, // there is no weight beside it
    ]);
  });
});

describe('what no pattern fits', () => {
  test('begins as is usual: biases 0, scales 1, tables N(0, 0.02²), matrices by their inputs', () => {
    const shapes = {
      'fc.weight': [16, 4],
      'fc.bias': [4],
      'norm.weight': [4],
      'token_embedding_table.weight': [11, 4],
      'transformer.wte.weight': [11, 4],
      'transformer.wpe.weight': [8, 4],
      'Embedding.weight': [11, 4],
    };
    expect(chosen(shapes, {})).toEqual({
      'fc.weight': normal(0.25),
      'fc.bias': zeros,
      'norm.weight': ones,
      'token_embedding_table.weight': normal(0.02),
      'transformer.wte.weight': normal(0.02),
      'transformer.wpe.weight': normal(0.02),
      'Embedding.weight': normal(0.02),
    });
  });

  test('begins so beside what patterns fit', () => {
    expect(chosen({ 'fc.weight': [16, 4], 'fc.bias': [4] }, { '*.bias': ones })).toEqual({
      'fc.weight': normal(0.25),
      'fc.bias': ones,
    });
  });
});

test('scaledNormal divides by the root of the inputs, times a gain', () => {
  expect(scaledNormal()({ name: 'w', shape: [25, 3], inputs: 25 })).toEqual(normal(0.2));
  expect(scaledNormal(0.5)({ name: 'w', shape: [25, 3], inputs: 25 })).toEqual(normal(0.1));
});
