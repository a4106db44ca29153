import { describe, expect, test } from 'vitest';
import type { ConfiguredModel } from '../../src/model/index.ts';
import { type AttentionForm, makeProgram } from '../../src/programs/index.ts';
import type { Session } from '../../src/runtime/session.ts';
import { scalar, tensor } from '../../src/runtime/tensor.ts';
import { distance, numbersOf, openFile, runFile } from '../support/run-graph.ts';
import { someOptimizer, someTokens, tinyFile, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

const [time, vocabulary] = [8, 11];
const opset = 23;
const otherForms: readonly AttentionForm[] = ['fused', 'group-query'];
const nodeOf: Readonly<Record<string, string>> = { fused: 'Attention', 'group-query': 'GroupQueryAttention' };

/** The stages that have softmax attention over keys. */
const attending = tinyStages.filter((stage) => !/bigram|average/.test(stage));

async function wholeLogits(model: ConfiguredModel, batch: number): Promise<number[]> {
  return numbersOf((await runFile(tinyFile('forward', model), { tokens: someTokens([batch, time]) })).logits);
}

/** What each token of `pieces`, fed one after another, gets as logits. */
async function inPieces(decode: Session, batch: number, pieces: readonly number[]): Promise<number[]> {
  const { data } = someTokens([batch, time]);
  const logits = Array.from({ length: batch }, (): number[] => []);
  let start = 0;
  for (const length of pieces) {
    const piece = logits.flatMap((_, row) =>
      Array.from(data.subarray(row * time + start, row * time + start + length)),
    );
    const numbers = numbersOf((await decode.step({ tokens: tensor('int32', [batch, length], piece) })).logits);
    for (const [row, of] of logits.entries())
      of.push(...numbers.slice(row * length * vocabulary, (row + 1) * length * vocabulary));
    start += length;
  }
  return logits.flat();
}

describe.each(attending)('%s', (stage) => {
  const model = tinyModel(stage);

  test.each(otherForms)(
    'forward and evaluate with the %s form give what Trilu, Where and Softmax give',
    async (attention) => {
      const expected = await wholeLogits(model, 3);
      const largest = Math.max(...expected.map(Math.abs));
      const [tokens, targets] = [someTokens([3, time]), someTokens([3, time], 1)];
      const { logits } = await runFile(tinyFile('forward', model, { opset, attention }), { tokens });
      expect(distance(numbersOf(logits), expected)).toBeLessThan(1e-5 * largest);
      const plain = await runFile(tinyFile('evaluate', model), { tokens, targets });
      const { loss } = await runFile(tinyFile('evaluate', model, { opset, attention }), { tokens, targets });
      expect(distance(numbersOf(loss), numbersOf(plain.loss))).toBeLessThan(1e-5);
    },
  );

  test.each<[AttentionForm, number, number[]]>([
    ['fused', 3, [3, 1, 1, 3]],
    ['fused', 1, [8]],
    // ONNX Runtime takes several tokens of several sequences only where nothing is remembered yet.
    ['group-query', 3, [3, 1, 1, 1, 1, 1]],
    ['group-query', 1, [3, 2, 1, 2]],
  ])(
    'decode with the %s form, batch %i, in pieces of %j, gives the logits of the whole',
    async (attention, batch, pieces) => {
      const expected = await wholeLogits(model, batch);
      const decode = await openFile(tinyFile('decode', model, { opset, attention }));
      const largest = Math.max(...expected.map(Math.abs));
      expect(distance(await inPieces(decode, batch, pieces), expected)).toBeLessThan(1e-5 * largest);
      await decode.dispose();
    },
  );

  test.each(otherForms)('generate with the %s form writes what the plain form writes', async (attention) => {
    const feeds = {
      tokens: someTokens([2, 5]),
      count: scalar('int32', 12),
      temperature: scalar('float32', 0),
      top_k: scalar('int32', 0),
      top_p: scalar('float32', 1),
      seed: scalar('int32', 0),
    };
    const plain = await runFile(tinyFile('generate', model), feeds);
    const other = await runFile(tinyFile('generate', model, { opset, attention }), feeds);
    expect(numbersOf(other.generated)).toEqual(numbersOf(plain.generated));
  });
});

test.each(otherForms)('the %s form is one node a layer and leaves no Softmax', (attention) => {
  const { graph } = makeProgram('decode', tinyModel('gpt-nano'), { optimizer: someOptimizer, attention });
  const operators = graph.nodes.map(({ node }) => node.operator.name);
  expect(operators.filter((name) => name === nodeOf[attention])).toHaveLength(2);
  expect(operators).not.toContain('Softmax');
});

test('the plain form has its mask of Trilu, Where and Softmax', () => {
  const { graph } = makeProgram('forward', tinyModel('gpt-nano'), { optimizer: someOptimizer });
  const operators = new Set(graph.nodes.map(({ node }) => node.operator.name));
  expect(['Trilu', 'Where', 'Softmax'].filter((name) => !operators.has(name))).toEqual([]);
});

test('what can’t be had together is refused in one sentence', () => {
  const model = tinyModel('gpt-nano');
  const options = { optimizer: someOptimizer, attention: 'fused' as const };
  expect(() => makeProgram('forward', model, { ...options, taps: ['attention'] })).toThrow(
    /^A fused attention \(fused\) shows no weights: /,
  );
  expect(() => makeProgram('decode', model, { ...options, attention: 'group-query', cache: 'fixed' })).toThrow(
    /^The fixed cache goes with the attention forms trilu and fused: /,
  );
  expect(() => tinyFile('forward', model, { opset: 22, attention: 'fused' })).toThrow(
    /Attention exists from opset 23 on/,
  );
});
