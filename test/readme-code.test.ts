import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
  ([, code = '']) => code,
);

/** What each block prints, in the README's order. */
const printed: readonly RegExp[] = [/graph descent\n(.*\n)*.*output next: float32 \(3, 1\)/, /^\[ 1, 5, 9 \]\n$/];

describe("README's TypeScript", () => {
  let folder = '';
  beforeAll(() => {
    // Inside of the package, so that 'trilu' resolves to itself as it would in a project that has installed it.
    folder = mkdtempSync(join(root, 'out-readme-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('has a known result for every block', () => {
    expect(blocks).toHaveLength(printed.length);
  });

  test.each(blocks.map((code, index) => ({ code, index })))(
    'block $index type-checks and prints what it says',
    ({ code, index }) => {
      const file = join(folder, `block-${index}.ts`);
      writeFileSync(file, code);
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ extends: '../tsconfig.json', include: ['*.ts'], compilerOptions: { types: ['node'] } }),
      );
      execFileSync(process.execPath, [tsc, '--noEmit', '-p', folder], { cwd: root, stdio: 'pipe' });
      const output = execFileSync(process.execPath, ['--import', 'tsx', file], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect(output).toMatch(printed[index] ?? /./);
    },
  );
});
