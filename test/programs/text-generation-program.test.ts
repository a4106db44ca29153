import { describe, expect, test } from 'vitest';
import { writeOnnx } from '../../src/export/write-onnx.ts';
import type { ConfiguredModel } from '../../src/model/index.ts';
import {
  endOfText,
  type TextGenerationForm,
  textGenerationForms,
  textGenerationProgram,
} from '../../src/programs/text-generation-program.ts';
import type { Session, ValueDescription } from '../../src/runtime/session.ts';
import { type Tensor, type Tensors, tensor, tensorAround, zeroTensor } from '../../src/runtime/tensor.ts';
import { problemsOf } from '../support/check-graph.ts';
import { distance, numbersOf, openFile, runFile } from '../support/run-graph.ts';
import { someTokens, strongWeights, tinyFile, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

const vocabulary = 11;
const block = 8;

/** A run's results, and the caches for the next one. */
interface Turn {
  readonly logits: number[];
  readonly past: Tensors;
}

/** Runs the graph as the tools do: with caches of length 0 at first, and then with what came out. */
class Tool {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  static async of(model: ConfiguredModel, form: TextGenerationForm): Promise<Tool> {
    const { graph } = textGenerationProgram(model, form);
    return new Tool(await openFile(writeOnnx(graph, { weights: strongWeights(model) })));
  }

  /** @param rows ids of each row @param mask which of all columns so far are no padding; all unless told */
  async run(rows: readonly (readonly number[])[], past: Tensors = this.empty(rows.length), mask = rows): Promise<Turn> {
    const int64 = (table: readonly (readonly number[])[]): Tensor =>
      tensor('int64', [table.length, table[0]?.length ?? 0], BigInt64Array.from(table.flat(), BigInt));
    const offered: Tensors = { input_ids: int64(rows), attention_mask: int64(mask), ...past };
    const wanted = this.#session.program.inputs.map(({ name }) => [name, offered[name]] as const);
    const feeds = Object.fromEntries(wanted.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
    const { logits, ...caches } = await this.#session.run(feeds);
    const renamed = Object.entries(caches).map(([name, value]) => [name.replace('present', 'past_key_values'), value]);
    return { logits: numbersOf(logits), past: Object.fromEntries(renamed) };
  }

  /** The caches that nothing is in yet. */
  empty(batch: number): Tensors {
    const caches = this.#session.program.inputs.filter(({ name }) => name.startsWith('past_key_values'));
    return Object.fromEntries(
      caches.map(({ name, type, shape }): [string, Tensor] => {
        const sizes = shape.map((size) => (typeof size === 'number' ? size : size === 'batch_size' ? batch : 0));
        return [name, tensorAround(type, sizes, zeroTensor(type, sizes).data)];
      }),
    );
  }

  close(): Promise<void> {
    return this.#session.dispose();
  }
}

/** As many rows of ones as there are rows, each as long as told. */
const ones = (rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, () => new Array<number>(columns).fill(1));

const rowsOf = (batch: number, time: number, seed = 0): number[][] => {
  const { data } = someTokens([batch, time], seed);
  return Array.from({ length: batch }, (_, row) => Array.from(data.subarray(row * time, (row + 1) * time)));
};

/** Rows of scores without what stands behind the vocabulary. */
function known(logits: readonly number[], scores: number): number[] {
  return logits.filter((_, index) => index % scores < vocabulary);
}

/** The forward program's logits of one row, those of its last `count` characters. */
async function forward(model: ConfiguredModel, row: readonly number[], count = row.length): Promise<number[]> {
  const { logits } = await runFile(tinyFile('forward', model), { tokens: tensor('int32', [1, row.length], row) });
  return numbersOf(logits).slice(-count * vocabulary);
}

const tolerance = (numbers: readonly number[]): number =>
  1e-5 * numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 1);

describe.each(tinyStages.flatMap((stage) => textGenerationForms.map((form) => [stage, form] as const)))(
  '%s, %s form',
  (stage, form) => {
    const model = tinyModel(stage, { block });
    const { scores } = textGenerationProgram(model, form);

    test('defines every name once and before it is used', () => {
      expect(problemsOf(textGenerationProgram(model, form).graph)).toEqual([]);
    });

    test('gives the logits of the forward program, a prompt first and then one character at a time', async () => {
      const rows = rowsOf(2, block);
      const tool = await Tool.of(model, form);
      const [whole0 = [], whole1 = []] = await Promise.all(rows.map((row) => forward(model, row)));
      let past: Tensors | undefined;
      for (const [start, end] of [[0, 5] as const, [5, 6] as const, [6, 7] as const, [7, 8] as const]) {
        const part = rows.map((row) => row.slice(start, end));
        const turn: Turn = await tool.run(part, past, ones(2, end));
        const expected = [whole0, whole1].flatMap((whole) => whole.slice(start * vocabulary, end * vocabulary));
        expect(distance(known(turn.logits, scores), expected)).toBeLessThan(tolerance(expected));
        past = turn.past;
      }
      await tool.close();
    });

    test('a row that is padded on the left gives what it gives alone, and padding no NaN', async () => {
      const [longest = [], short = []] = [rowsOf(1, 6, 3)[0], rowsOf(1, 2, 4)[0]];
      const padding = [1, 1, 1, 1];
      const tool = await Tool.of(model, form);
      const mask = [
        [1, 1, 1, 1, 1, 1],
        [0, 0, 0, 0, 1, 1],
      ];
      const first = await tool.run([longest, [...padding, ...short]], undefined, mask);
      expect(first.logits.some(Number.isNaN)).toBe(false);
      const last = (turn: Turn): number[] => known(turn.logits, scores).slice(-vocabulary);
      const alone = await forward(model, short, 1);
      expect(distance(last(first), alone)).toBeLessThan(tolerance(alone));
      const second = await tool.run(
        [[7], [9]],
        first.past,
        mask.map((row) => [...row, 1]),
      );
      const next = await forward(model, [...short, 9], 1);
      expect(distance(last(second), next)).toBeLessThan(tolerance(next));
      await tool.close();
    });
  },
);

const attending = tinyStages.filter((stage) => stage !== 'bigram');

test.each(attending)('%s: the window form sees the last block, however long the text is', async (stage) => {
  const model = tinyModel(stage, { block });
  const [text = []] = rowsOf(1, 30, 5);
  const tool = await Tool.of(model, 'window');
  let { past } = await tool.run([text.slice(0, 20)], undefined, ones(1, 20));
  for (let end = 21; end <= text.length; end += 1) {
    const turn = await tool.run([text.slice(end - 1, end)], past, ones(1, end));
    const expected = await forward(model, text.slice(0, end).slice(-block), 1);
    expect(distance(turn.logits, expected)).toBeLessThan(tolerance(expected));
    expect(turn.past['past_key_values.0.key']?.shape).toEqual([1, 1, end, 1]);
    past = turn.past;
  }
  await tool.close();
});

test.each(attending)('%s: the cache form refuses what is longer than the block', async (stage) => {
  const tool = await Tool.of(tinyModel(stage, { block }), 'cache');
  const { past } = await tool.run(rowsOf(1, block), undefined, ones(1, block));
  await expect(tool.run([[3]], past, ones(1, block + 1))).rejects.toThrow();
  await expect(tool.run(rowsOf(1, block + 1), undefined, ones(1, block + 1))).rejects.toThrow();
  await tool.close();
});

describe('the id behind the vocabulary', () => {
  const model = tinyModel('gpt', { block });

  test('never comes: its score is −∞ in the cache form', async () => {
    const tool = await Tool.of(model, 'cache');
    const { logits } = await tool.run(rowsOf(2, 4), undefined, ones(2, 4));
    const ends = logits.filter((_, index) => index % (vocabulary + 1) === endOfText(model));
    expect(ends).toEqual(new Array(8).fill(Number.NEGATIVE_INFINITY));
    await tool.close();
  });

  test('pads like any hidden character, and no other unknown id is let pass', async () => {
    const tool = await Tool.of(model, 'cache');
    const mask = [[0, 0, 1, 1]];
    const padded = await tool.run([[vocabulary, vocabulary, 4, 2]], undefined, mask);
    const other = await tool.run([[1, 1, 4, 2]], undefined, mask);
    expect(padded.logits.slice(-12)).toEqual(other.logits.slice(-12));
    await expect(tool.run([[vocabulary + 1, 4]], undefined, ones(1, 2))).rejects.toThrow();
    await tool.close();
  });
});

describe('the names that tools look for', () => {
  const described = async (stage: string, form: TextGenerationForm): Promise<readonly string[][]> => {
    const model = tinyModel(stage);
    const { graph } = textGenerationProgram(model, form);
    const session = await openFile(writeOnnx(graph, { weights: strongWeights(model) }));
    const { inputs, outputs } = session.program;
    await session.dispose();
    const text = ({ name, type, shape }: ValueDescription): string => `${name}: ${type} [${shape.join(', ')}]`;
    return [inputs.map(text), outputs.map(text)];
  };
  const ids = 'input_ids: int64 [batch_size, sequence_length]';
  const mask = 'attention_mask: int64 [batch_size, total_sequence_length]';
  const caches = (name: string, length: string, layers: number, heads: number): string[] =>
    Array.from({ length: layers }, (_, layer) =>
      ['key', 'value'].map(
        (kind) => `${name}.${layer}.${kind}: float32 [batch_size, ${heads}, ${length}, ${16 / heads}]`,
      ),
    ).flat();

  test.each([
    ['gpt', 2, 2],
    ['layer-norm', 2, 2],
    ['multi-head', 1, 2],
    ['head', 1, 1],
  ])(
    '%s has a cache of keys and one of values for each of %i layers, %i heads in each',
    async (stage, layers, heads) => {
      const [inputs, outputs] = await described(stage, 'cache');
      expect(inputs).toEqual([ids, mask, ...caches('past_key_values', 'past_sequence_length', layers, heads)]);
      const grown = 'past_sequence_length + sequence_length';
      expect(outputs).toEqual([
        'logits: float32 [batch_size, sequence_length, 12]',
        ...caches('present', grown, layers, heads),
      ]);
      expect(textGenerationProgram(tinyModel(stage), 'cache').caches).toEqual({ layers, heads, headSize: 16 / heads });
    },
  );

  test('the window form carries ids where others carry keys', async () => {
    expect(await described('gpt', 'window')).toEqual([
      [ids, mask, 'past_key_values.0.key: int64 [batch_size, 1, past_sequence_length, 1]'],
      [
        'logits: float32 [batch_size, scored_length, 11]',
        'present.0.key: int64 [batch_size, 1, past_sequence_length + sequence_length, 1]',
      ],
    ]);
  });

  test('bigram, which remembers nothing, takes ids alone', async () => {
    for (const form of textGenerationForms) {
      expect(await described('bigram', form)).toEqual([[ids], ['logits: float32 [batch_size, sequence_length, 11]']]);
    }
  });
});
