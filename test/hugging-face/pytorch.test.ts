import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GivenSettings } from '../../src/model/index.ts';
import { distance, numbersOf, runFile } from '../support/run-graph.ts';
import { someTokens, tinyFile } from '../support/tiny-ladder.ts';
import { pythonWithTorch } from '../support/torch.ts';
import { removeFolders, vocabulary, writeFolder } from './folder.ts';

const python = pythonWithTorch();

const variants: readonly Partial<GivenSettings>[] = [
  { bias: true, activation: 'gelu_new', tied: true },
  { bias: true, activation: 'gelu', tied: false },
  { bias: true, activation: 'relu', tied: true, heads: 4, layers: 3 },
  { bias: false, activation: 'gelu', tied: true },
  { bias: false, activation: 'gelu_new', tied: false },
];

afterAll(removeFolders);

describe.skipIf(python === undefined)("Debian's PyTorch, from config.json and model.safetensors alone", () => {
  const tokens = someTokens([2, 8], 3, vocabulary.length);
  const rows = [0, 1].map((row) => Array.from(tokens.data.subarray(row * 8, row * 8 + 8)));
  const written = variants.map((settings, index) => writeFolder(`gpt2-${index}`, 'gpt', { settings, seed: index + 1 }));
  let answers: readonly { shape: readonly number[]; data: readonly number[] }[] = [];

  beforeAll(() => {
    const script = fileURLToPath(new URL('../torch/gpt2_folder.py', import.meta.url));
    const questions = written.map(({ path }) => ({ folder: path, tokens: rows }));
    const options = { input: JSON.stringify(questions), encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
    answers = JSON.parse(execFileSync(python ?? '', ['-B', script], options));
  });

  test.each(variants.map((settings, index) => ({ index, ...settings })))(
    'has the logits of our own model as a GPT-2: bias $bias, $activation, tied $tied',
    async ({ index }) => {
      const [ours, theirs] = [written[index], answers[index]];
      if (ours === undefined || theirs === undefined) throw new Error('there is no answer');
      const { logits } = await runFile(tinyFile('forward', ours.model, { weights: ours.weights }), { tokens });
      expect(logits?.shape).toEqual(theirs.shape);
      const largest = theirs.data.reduce((most, logit) => Math.max(most, Math.abs(logit)), 1);
      expect(largest).toBeGreaterThan(2);
      expect(distance(numbersOf(logits), theirs.data)).toBeLessThan(1e-5 * largest);
    },
  );
});
