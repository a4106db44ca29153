import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromium } from '../support/chromium.ts';
import { DocumentRunner } from '../support/document-runner.ts';
import { type Block, readDocument, repository, type Unit } from '../support/documents.ts';

const documents = [
  'the-lecture-in-onnx.md',
  'use-as-a-library.md',
  'use-the-files-elsewhere.md',
  'how-training-graphs-work.md',
].map(readDocument);

const runner = new DocumentRunner(documents);
let wrongTypes: readonly string[];
beforeAll(async () => {
  wrongTypes = await runner.compile();
});
afterAll(() => runner.remove());

const noBrowser = chromium() === undefined ? 'chromium is missing' : undefined;

function absence(unit: Unit): string | undefined {
  return unit.kind === 'page' ? noBrowser : runner.absence(unit);
}

/** What a block printed beside what its document says, as text or as data. */
function expectOutput({ output, line }: Block, printed: string | undefined): void {
  if (output?.kind === 'text') expect(printed, `what the block of line ${line} prints`).toBe(output.content);
  if (output?.kind === 'json') expect(JSON.parse(printed ?? '')).toEqual(JSON.parse(output.content));
}

const linesOf = ({ blocks }: Unit): string => blocks.map(({ line }) => line).join(', ');

test('the code in TypeScript has the types that it says', () => {
  expect(wrongTypes).toEqual([]);
});

describe.each(documents)('docs/$name.md', (document) => {
  const { name, units, unknown } = document;
  const blocks = units.flatMap((unit) => unit.blocks);

  test('has no block but code, all of which runs here, and what code prints', () => {
    expect(unknown.map(({ language, line }) => `line ${line}: ${language}`)).toEqual([]);
    const lines = readFileSync(join(repository, 'docs', `${name}.md`), 'utf8').split('\n');
    const begun = lines.flatMap((line, index) => (/^\s*(```|~~~)\s*\w/.test(line) ? [index + 1] : []));
    const shown = blocks.filter(({ output }) => output !== undefined);
    expect(begun.length).toBe(blocks.length + shown.length);
    expect(begun).toEqual(expect.arrayContaining(blocks.map(({ line }) => line)));
    expect(blocks.length).toBeGreaterThan(0);
  });

  for (const unit of units) {
    test.skipIf(absence(unit) !== undefined)(
      `its ${unit.kind} of line ${linesOf(unit)} runs, and prints what it says`,
      async () => {
        const printed = await runner.run(document, unit);
        for (const [index, block] of unit.blocks.entries()) expectOutput(block, printed[index]);
      },
    );
  }
});
