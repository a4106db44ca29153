import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bigram } from '../../models/index.ts';
import { describeRun } from '../../src/cli/train/run-description.ts';
import { writeRunReport } from '../../src/cli/train/run-page.ts';
import type { Tokenizer } from '../../src/text/tokenizer.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { presetFor } from '../../src/train/trainer/presets.ts';
import type { TrainerRecord } from '../../src/train/trainer/record.ts';
import { byteTokenizer } from '../support/byte-tokenizer.ts';

function recordOf(tokenizer: Tokenizer): TrainerRecord {
  const model = bigram.configure({ vocabulary: tokenizer.size });
  const data = { path: 'book.txt', characters: 12345, sha256: '0' };
  return { step: 0, seconds: 0, model, setup: presetFor(bigram), tokenizer, data, dataPosition: [] };
}

describe('what is counted is called characters where tokens are characters, and tokens elsewhere', () => {
  it.each([
    [CharacterTokenizer.fromText('abc'), '12,345 characters of 3 kinds', 'Loss, in nats a character'],
    [byteTokenizer, '12,345 characters in tokens of 256 kinds', 'Loss, in nats a token'],
  ])('%#: %s', async (tokenizer, text, loss) => {
    const folder = mkdtempSync(join(tmpdir(), 'trilu-report-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const record = recordOf(tokenizer);
    expect(describeRun(record, { text: 'book.txt', directory: folder, device: 'cpu' })).toContain(
      `Text: book.txt, ${text}; the last tenth is for validation.`,
    );
    const line = { step: 1, loss: 4, gradient_norm: 1, learning_rate: 1, tokens_per_second: 1, seconds: 1 };
    const lines = [1, 2].map((step) => `${JSON.stringify({ ...line, step })}\n`);
    writeFileSync(join(folder, 'metrics.jsonl'), lines.join(''));
    await writeRunReport(folder, record);
    const report = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(report).toContain(text);
    expect(report).toContain(loss);
  });
});
