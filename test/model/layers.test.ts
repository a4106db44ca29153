import { describe, expect, test } from 'vitest';
import { add, gather, input, mul, reduceMean, scope, type Value } from '../../src/graph/index.ts';
import {
  type CausalAttentionOptions,
  causalAttention,
  defineModel,
  dropout,
  embedding,
  layerNorm,
  linear,
  positions,
} from '../../src/index.ts';
import { inProgram } from '../../src/model/program.ts';
import { causalMask, plainProgram, showAttention, width, withPast } from '../../src/parts.ts';
import { decodeProgram, generateProgram } from '../../src/programs/index.ts';
import { modelParameters, parametersOf } from '../../src/programs/parameters.ts';
import { normals } from '../../src/random/counter.ts';
import { type Tensor, tensor } from '../../src/runtime/tensor.ts';
import { distance, numbersOf, runGraph } from '../support/run-graph.ts';

const shapesOf = (value: Value): Record<string, readonly unknown[]> =>
  Object.fromEntries(parametersOf(value).map(({ name, value: { shape } }) => [name, shape]));

const x = input('x', 'float32', ['batch', 'time', 3]);
const someX = (shape: readonly number[], seed = 1): Tensor =>
  tensor(
    'float32',
    shape,
    normals(
      shape.reduce((size, length) => size * length, 1),
      1,
      seed,
    ),
  );

describe('layers with parameters', () => {
  test('name them as PyTorch does, inside the present scope, with (in, out) matrices', () => {
    const model = scope('net', () => layerNorm('norm', linear('fc', x, 5)));
    expect(shapesOf(model)).toEqual({
      'net.fc.weight': [3, 5],
      'net.fc.bias': [5],
      'net.norm.weight': [5],
      'net.norm.bias': [5],
    });
    expect(model.shape).toEqual(['batch', 'time', 5]);
    const plain = layerNorm('norm', linear('fc', x, 5, { bias: false }), { bias: false });
    expect(shapesOf(plain)).toEqual({ 'fc.weight': [3, 5], 'norm.weight': [5] });
    const table = embedding('table', 7, 3);
    expect([table.source, table.shape]).toEqual([{ kind: 'parameter', name: 'table.weight' }, [7, 3]]);
  });

  test('compute what they say', async () => {
    const weights = new Map([
      ['fc.weight', Float32Array.of(1, 2, 3, 4, 5, 6)],
      ['fc.bias', Float32Array.of(10, 20)],
      ['norm.weight', Float32Array.of(1, 1, 2)],
      ['norm.bias', Float32Array.of(0, 0, 1)],
    ]);
    const { y, z } = await runGraph(
      { inputs: { x }, outputs: { y: linear('fc', x, 2), z: layerNorm('norm', x) } },
      { x: tensor('float32', [1, 1, 3], [1, 2, 3]) },
      { weights },
    );
    expect(numbersOf(y)).toEqual([1 + 6 + 15 + 10, 2 + 8 + 18 + 20]);
    const deviation = Math.sqrt(2 / 3 + 1e-5);
    expect(distance(numbersOf(z), [-1 / deviation, 0, 2 / deviation + 1])).toBeLessThan(1e-6);
  });

  test('want to know how wide their input is', () => {
    const unknown = input('x', 'float32', ['batch', 'width']);
    expect(() => linear('fc', unknown, 4)).toThrow(
      /^a layer needs a vector of known width, not float32 \(batch, width\)/,
    );
    expect(() => layerNorm('norm', unknown)).toThrow(/known width/);
    expect(width(x)).toBe(3);
  });

  test('work outside of a model too', () => {
    expect(linear('fc', x, 4).shape).toEqual(['batch', 'time', 4]);
  });
});

describe('layers that ask their program', () => {
  const q = input('q', 'float32', ['batch', 2, 'time', 4]);
  test.each<[string, () => unknown]>([
    ['dropout', () => dropout(x, 0.1)],
    ['positions', () => positions(x)],
    ['withPast', () => withPast('x', x)],
    ['showAttention', () => showAttention(q)],
    ['causalMask', () => causalMask(x, 1)],
    ['causalAttention', () => causalAttention(q, q, q)],
  ])('%s: outside of a model they say where they belong', (_, call) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow('this layer works only inside the logits of a model (defineModel)');
  });
});

/** Runs something made of values (1, …) inside of a model of a block of 8, on 5 tokens. */
async function inModel(
  shape: readonly number[],
  define: (query: Value, key: Value, value: Value) => Value,
): Promise<Tensor> {
  const symbols = shape.map((length) => (length === 5 ? 'time' : length));
  const [query, key, value] = ['query', 'key', 'value'].map((name) => input(name, 'float32', symbols)) as [
    Value,
    Value,
    Value,
  ];
  const tokens = input('tokens', 'int32', [1, 'time']);
  const made = inProgram(plainProgram, { tokens, block: 8 }, () => define(query, key, value));
  const feeds = {
    tokens: tensor('int32', [1, 5], new Int32Array(5)),
    query: someX(shape, 1),
    key: someX(shape, 2),
    value: someX(shape, 3),
  };
  const { result } = await runGraph({ inputs: { tokens, query, key, value }, outputs: { result: made } }, feeds);
  if (result === undefined) throw new Error('there is no result');
  return result;
}

/** Attention by its formula, in float64. @param all query, key, value, (heads, 5, 4) each */
function byFormula([query, key, value]: readonly Float32Array[], heads: number, scale: number): number[] {
  const at = (data: Float32Array | undefined, head: number, row: number, column: number): number =>
    data?.[(head * 5 + row) * 4 + column] ?? Number.NaN;
  return Array.from({ length: heads * 5 * 4 }, (_, index) => {
    const [head, row, column] = [Math.floor(index / 20), Math.floor(index / 4) % 5, index % 4];
    const powers = Array.from({ length: row + 1 }, (_, past) => {
      const products = [0, 1, 2, 3].map((place) => at(query, head, row, place) * at(key, head, past, place));
      return Math.exp(scale * products.reduce((sum, product) => sum + product, 0));
    });
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.reduce((sum, power, past) => sum + (power / total) * at(value, head, past, column), 0);
  });
}

describe('causal attention', () => {
  test.each<[what: string, options: CausalAttentionOptions, scale: number]>([
    ['scores are scaled by the root of a head’s width', {}, 0.5],
    ['scores are scaled as told', { scale: 2 }, 2],
    ['nothing is dropped where nobody trains', { dropout: 0.9 }, 0.5],
  ])('is the formula of all heads at once, and of a single head: %s', async (_, options, scale) => {
    for (const [shape, heads] of [
      [[1, 2, 5, 4], 2],
      [[1, 5, 4], 1],
    ] as const) {
      const all = [1, 2, 3].map((seed) => Float32Array.from(numbersOf(someX(shape, seed))));
      const found = await inModel(shape, (query, key, value) => causalAttention(query, key, value, options));
      expect(found.shape).toEqual(shape);
      expect(distance(numbersOf(found), byFormula(all, heads, scale))).toBeLessThan(1e-6);
    }
  });

  test('drops a share of its weights by the program, and by no other rate', () => {
    const rates: unknown[] = [];
    const program = {
      ...plainProgram,
      dropout: (dropped: Value, rate: number) => {
        rates.push([dropped.shape, rate]);
        return dropped;
      },
    };
    const heads = input('x', 'float32', [1, 2, 'time', 4]);
    const tokens = input('tokens', 'int32', [1, 'time']);
    inProgram(program, { tokens, block: 8 }, () => {
      causalAttention(heads, heads, heads, { dropout: 0.25 });
      causalAttention(heads, heads, heads);
    });
    expect(rates).toEqual([
      [[1, 2, 'time', 'time'], 0.25],
      [[1, 2, 'time', 'time'], 0],
    ]);
  });

  test('refuses keys of another width, naming the shapes', async () => {
    const narrow = input('key', 'float32', [1, 2, 5, 3]);
    await expect(inModel([1, 2, 5, 4], (query, _key, value) => causalAttention(query, narrow, value))).rejects.toThrow(
      /^MatMul\(float32 \(1, 2, time, 4\), float32 \(1, 2, 3, 5\)\)/,
    );
  });
});

describe('the causal mask', () => {
  test('has ones up to each token and zeros after it, cut from the block', async () => {
    const mask = await inModel([1, 5, 4], (_query, key) => causalMask(key, 1));
    expect(mask.shape).toEqual([5, 5]);
    expect(numbersOf(mask)).toEqual(
      Array.from({ length: 25 }, (_, index) => Number(index % 5 <= Math.floor(index / 5))),
    );
  });

  test('gets an axis for the heads where sequences differ', () => {
    const differing = input('visible', 'float32', [1, 'time', 'time']);
    const tokens = input('tokens', 'int32', [1, 'time']);
    const program = { ...plainProgram, visible: () => differing };
    const shapes = inProgram(program, { tokens, block: 8 }, () => [
      causalMask(input('keys', 'float32', [1, 'time', 4]), 1).shape,
      causalMask(input('keys', 'float32', [1, 2, 'time', 4]), 2).shape,
    ]);
    expect(shapes).toEqual([
      [1, 'time', 'time'],
      [1, 1, 'time', 'time'],
    ]);
  });
});

test('positions are the first rows of a table, as many as there are tokens', () => {
  const tokens = input('tokens', 'int32', ['batch', 'time']);
  const rows = inProgram(plainProgram, { tokens, block: 8 }, () => positions(embedding('places', 8, 3)));
  expect(rows.shape).toEqual(['time', 3]);
});

describe('what layers keep of each token', () => {
  const twice = (second: string): ReturnType<typeof defineModel> =>
    defineModel({
      name: 'mine',
      settings: {},
      logits: (tokens, { vocabulary }) => {
        const x = gather(embedding('table', vocabulary, 8), tokens); // (B, T, 8)
        return linear('head', add(x, mul(mean(withPast('x', x)), mean(withPast(second, x)))), vocabulary); // (B, T, V)
      },
    });
  const mean = (all: Value): Value => reduceMean(all, { axes: [1], keepDims: true });

  test('must have a name of its own: two of one name are refused where anything is kept', () => {
    const sentence = 'mine: two layers keep what they call x: give each a name of its own in withPast, or a scope.';
    const model = twice('x').configure({ vocabulary: 5 });
    expect(modelParameters(model)).toHaveLength(3);
    expect(() => decodeProgram(model)).toThrow(sentence);
    expect(() => generateProgram(model)).toThrow(sentence);
    const { state } = decodeProgram(twice('y').configure({ vocabulary: 5 }));
    expect(state.map((pair) => pair.input)).toEqual(['cache.x', 'cache.y']);
  });
});
