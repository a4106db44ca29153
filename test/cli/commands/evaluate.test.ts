import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { open } from '../../../src/runtime/node/open.ts';
import { tensor } from '../../../src/runtime/tensor.ts';
import { quiet, sharedFolder, smallModel, succeed, succeedAlone, trilu, writeText } from '../command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };
const block = 8;

beforeAll(async () => {
  writeFileSync(join(folder, 'new.txt'), 'the old captain saw a 🐋');
  writeFileSync(join(folder, 'short.txt'), 'the old captain saw a whale');
  writeText(join(folder, 'text.txt'), { length: 1500 });
  const options = ['--data', 'text.txt', '--out', 'run', '--steps', '150', '--warm-up', '10', ...smallModel, ...quiet];
  await succeed(['train', 'gpt-nano', ...options], cwd);
  await succeed(['export', 'run', '--program', 'forward,evaluate'], cwd);
});

/** The mean of −log softmax(logits)[target], in double precision, from the forward program's logits. */
async function lossByHand(text: string): Promise<number> {
  const session = await open(join(folder, 'run/onnx/forward.onnx'), { worker: false, threads: 1 });
  try {
    const vocabulary = session.program.vocabulary ?? [];
    const ids = [...text].map((character) => vocabulary.indexOf(character));
    let sum = 0;
    for (let start = 0; start < ids.length - 1; start += block) {
      const tokens = ids.slice(start, Math.min(start + block, ids.length - 1));
      const { logits } = await session.run({ tokens: tensor('int32', [1, tokens.length], tokens) });
      const scores = Array.from(logits?.data ?? [], Number);
      for (const [place] of tokens.entries()) {
        const row = scores.slice(place * vocabulary.length, (place + 1) * vocabulary.length);
        const target = row[ids[start + place + 1] ?? -1] ?? Number.NaN;
        sum += Math.log(row.reduce((total, score) => total + Math.exp(score), 0)) - target;
      }
    }
    return sum / (ids.length - 1);
  } finally {
    await session.dispose();
  }
}

describe.concurrent('the loss', () => {
  it.each([
    ['validation', 0.9, 1],
    ['training', 0, 0.9],
    ['all', 0, 1],
  ] as const)('of the %s part is that of the forward program’s logits', async (split, from, to) => {
    const text = readFileSync(join(folder, 'text.txt'), 'utf8');
    const cut = (share: number): number => Math.floor(share * text.length);
    const stdout = await succeed(['evaluate', 'run', '--data', 'text.txt', '--split', split, '--json'], cwd);
    const result = JSON.parse(stdout);
    expect(result).toEqual({
      loss: expect.any(Number),
      split,
      characters: cut(to) - cut(from),
      data: 'text.txt',
    });
    expect(Math.abs(result.loss - (await lossByHand(text.slice(cut(from), cut(to)))))).toBeLessThan(1e-5);
  });

  it('is one line for people', async () => {
    expect(await succeedAlone(['evaluate', 'run', '--data', 'text.txt', '--threads', '1'], cwd)).toMatch(
      /^loss \d\.\d{4} nats a character \(validation: \d+ characters of text\.txt\)\n$/,
    );
  });
});

describe.concurrent('what can’t be measured is refused', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['new.txt', ['run'], /^trilu: new\.txt has a character that the model does not know: "🐋" \(U\+1F40B\); it knows/],
    [
      'short.txt',
      ['run'],
      /^trilu: The validation part of short\.txt is too short: it has 3 characters, and this model needs at least 9\.$/,
    ],
    [
      'text.txt',
      ['run/onnx/evaluate.onnx'],
      /^trilu: run\/onnx\/evaluate\.onnx is not a model or run directory: it is a file\.$/,
    ],
    [
      'text.txt',
      ['run/onnx'],
      /^trilu: Could not read the model's file run\/onnx\/config\.json: there is no such file/,
    ],
    ['text.txt', ['nowhere'], /^trilu: nowhere is not a model or run directory: there is no such folder\.$/],
    ['missing.txt', ['run'], /^trilu: Could not read the text missing\.txt: there is no such file/],
  ])('%s by %j', async (data, args, message) => {
    const { code, stdout, stderr } = await trilu(['evaluate', ...args, '--data', data], cwd);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr.trimEnd()).toMatch(message);
  });
});
