import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folders, removeFolders, writeFolder } from './folder.ts';

const repository = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(repository, 'docs/hugging-face.md'), 'utf8');

/** The blocks of a language. */
function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1] ?? '');
}

afterAll(removeFolders);

describe('docs/hugging-face.md', () => {
  const here = folders();
  beforeAll(() => {
    const { path } = writeFolder('runs/gpt', 'gpt');
    rmSync(join(path, 'onnx'), { recursive: true }); // as training leaves it
    rmSync(join(path, 'genai_config.json'));
    mkdirSync(join(here, 'runs'), { recursive: true });
    symlinkSync(join(repository, 'node_modules'), join(here, 'node_modules'), 'junction');
  });

  test('its command writes what its table promises', () => {
    const [command, ...more] = blocks('sh').flatMap((block) => block.trim().split('\n'));
    expect(more).toEqual([]);
    const words = command?.replace('npx trilu ', '').split(' ') ?? [];
    execFileSync('node', [join(repository, 'dist/src/cli/main.js'), ...words], { cwd: here });
    const promised = [...text.matchAll(/^\| (`.*?) \| /gm)].flatMap(
      ([, cell = '']) => cell.match(/[\w/]+\.\w+/g) ?? [],
    );
    expect(promised.length).toBeGreaterThan(8);
    const files = readdirSync(join(here, 'runs/gpt'), { recursive: true }).map(String);
    expect(files).toEqual(expect.arrayContaining(promised));
  });

  test.each(blocks('js').map((code, index) => [index + 1, code] as const))(
    'its example %i for Node writes on',
    (number, code) => {
      const file = join(here, `example-${number}.mjs`);
      writeFileSync(file, code);
      const written = execFileSync('node', [file], { cwd: here, encoding: 'utf8' });
      expect(written).toMatch(/^a tab/);
      expect([...written].length).toBeGreaterThan('a tab'.length + 2);
    },
  );
});
