import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DocumentRunner } from '../support/document-runner.ts';
import { documentOf, type Unit } from '../support/documents.ts';

/** A text from lines, `~` standing for three backticks. */
const textOf = (...lines: readonly string[]): string => lines.join('\n').replaceAll('~', '```');

describe('what is read of a document', () => {
  test('ts blocks are one program, any other block is a file of its own, and a page is told by its imports', () => {
    const { units } = documentOf(
      'x.md',
      textOf(
        '~ts\na\n~\n~sh\nb\n~\n~ts\nc\n~',
        "~ts\nimport { open } from 'trilu/web';\n~",
        "~js\nimport * as ort from 'onnxruntime-web/wasm';\n~\n~js\nd\n~\n~python\ne\n~",
      ),
    );
    const told = units.map(({ kind, file, blocks }) => [kind, file, blocks.map(({ line }) => line)]);
    expect(told).toEqual([
      ['program', 'x.ts', [1, 7]],
      ['shell', 'x-4.sh', [4]],
      ['page', 'x-10.ts', [10]],
      ['page', 'x-13.js', [13]],
      ['script', 'x-16.js', [16]],
      ['python', 'x-19.py', [19]],
    ]);
  });

  test('a text or json block right after code is its output; anywhere else it is unknown, as other languages are', () => {
    const { units, unknown } = documentOf(
      'x.md',
      textOf(
        '~js',
        'a',
        '~',
        '',
        '~text',
        '1',
        '~',
        '',
        'Prose.',
        '',
        '~json',
        '2',
        '~',
        '',
        '~rust',
        '3',
        '~',
        '~',
        '~',
      ),
    );
    expect(units.flatMap(({ blocks }) => blocks)).toMatchObject([{ output: { kind: 'text', content: '1' } }]);
    expect(unknown.map(({ language, code }) => [language, code])).toEqual([
      ['json', '2'],
      ['rust', '3'],
      ['', ''],
    ]);
  });

  test('a block that does not end, or is indented, is an error that tells its line', () => {
    expect(() => documentOf('x.md', textOf('', '~ts', 'a'))).toThrow('line 2');
    expect(() => documentOf('x.md', textOf('- item', '', '  ~ts', '  a', '  ~'))).toThrow('line 3');
  });
});

describe('what is run', () => {
  const document = documentOf(
    'broken.md',
    textOf(
      '~ts\nconst text: number = "one";\nconsole.log(text);\n~\n\n~ts\nconsole.log("two");\n~',
      '~ts\nthrow new Error("three");\n~\n~sh\nfalse\necho four\n~\n~sh\nnpx another\n~\n~js\nconsole.log("five");\n~',
    ),
  );
  const fine = documentOf(
    'fine.md',
    textOf('~ts\nconsole.log("one");\n~\n~ts\n~\n~ts\nconsole.log("two\\nthree");\n~'),
  );
  const runner = new DocumentRunner([document, fine]);
  let wrongTypes: readonly string[];
  beforeAll(async () => {
    wrongTypes = await runner.compile();
  });
  afterAll(() => runner.remove());

  const only = ({ units }: typeof document, index: number): Unit => {
    const unit = units[index];
    if (unit === undefined) throw new Error(`there is no unit ${index}`);
    return unit;
  };

  test('a wrong type is told with its line in the document', () => {
    expect(wrongTypes).toEqual([expect.stringMatching(/^broken\/broken\.ts\(2,7\): error TS2322/)]);
  });

  test('code that fails is an error, in a shell at its first command that does', async () => {
    await expect(runner.run(document, only(document, 0))).rejects.toThrow('Error: three');
    await expect(runner.run(document, only(document, 1))).rejects.toThrow('ended with 1');
    await expect(runner.run(document, only(document, 2))).rejects.toThrow('ended with 1');
    expect(await runner.run(document, only(document, 3))).toEqual(['five']);
  });

  test('each block of a program has printed what it has printed', async () => {
    expect(await runner.run(fine, only(fine, 0))).toEqual(['one', '', 'two\nthree']);
  });
});
