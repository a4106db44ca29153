import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quiet, smallModel } from './cli/command.ts';

const repository = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(repository, 'README.md'), 'utf8');
const training = readFileSync(join(repository, 'docs/training.md'), 'utf8');
const small = [...smallModel, ...quiet, '--steps', '20'].join(' ');

/** What stays behind when the repository is copied: it is made anew, or not part of it. */
const leftBehind = new Set(['node_modules', 'dist', 'out', 'runs', 'coverage', '.git', '.gpu']);

/** A row says how a command of the README is tried. The first that matches counts; a command without a row fails the test. */
interface Row {
  readonly form: RegExp;
  /** What is run instead; undefined is nothing, for the reason given. */
  readonly run?: (command: string) => string;
  readonly because: string;
  /** What it prints, as the README says it. */
  readonly prints?: string;
}

/** `npm run x` and `npm start` hand on what follows `--`. */
function withOptions(command: string, options: string): string {
  return command.includes(' -- ') || !command.startsWith('npm ') ? `${command} ${options}` : `${command} -- ${options}`;
}

/** Starts a server, prints what it serves at the address that it tells, and ends it. */
function served(command: string): string {
  const address = `$(grep --only-matching --max-count=1 'http://[^ ]*' served.log)`;
  const wait = `for turn in $(seq 200); do grep --quiet http:// served.log && break; sleep 0.2; done`;
  return `NO_COLOR=1 setsid ${command} -- --port 0 > served.log 2>&1 & ${wait}; node --eval "fetch('${address}').then((page) => page.text()).then(console.log)"; ended=$?; kill -- -$!; exit $ended`;
}

const rows: readonly Row[] = [
  { form: /^npm ci && npm test$/, because: '.ci/run makes both, and this is a part of it' },
  {
    form: /^npm ci && npm start$/,
    because: '.ci/run makes npm ci, and two minutes are too long',
    run: (command) => withOptions(command.replace('npm ci && ', ''), small),
  },
  { form: /^(curl|git clone) /, because: 'tests need no network' },
  { form: /^echo "[0-9a-f]{64} {2}\S+" \| sha256sum --check$/, because: 'the file is one from the network' },
  { form: /^npm pack && cd examples\/\w+ && /, because: 'test/examples installs the package so, without the network' },
  { form: /^cd \w+$/, because: 'the copy is where the test is' },
  { form: /^npm run app$/, because: 'it serves until it is ended', run: served },
  { form: /^npm run app:build$/, because: 'npm run app begins with it' },
  { form: /--help$/, because: 'it is quick', run: (command) => command },
  { form: /\bbench\b/, because: 'it needs PyTorch and minutes', run: (command) => withOptions(command, '--help') },
  {
    form: /^npx trilu ladder\b/,
    because: 'a few steps of two stages show it',
    run: (command) => withOptions(command, '--stages bigram,head --steps 20 --device cpu --threads 1'),
  },
  {
    form: /^node first\.js$/,
    because: 'it is short',
    run: (command) => command,
    prints: 'tide comes in, the tide goes out.',
  },
  {
    form: /^npx trilu train \.\/my-model\.js\b/,
    because: 'a few steps show it, and a model of one’s own has settings of its own',
    run: (command) => withOptions(command, [...quiet, '--steps', '20'].join(' ')),
  },
  {
    form: /^(npm run|npx trilu) train -- --resume |^npx trilu train --resume /,
    because: 'a few steps more show it',
    run: (command) => withOptions(command, '--steps 40'),
  },
  {
    form: /^(npm run|npx trilu) (train|start)\b/,
    because: 'a few steps show it',
    run: (command) => withOptions(command, small),
  },
  {
    form: /^(npm run|npx trilu) export$/,
    because: 'the whole ladder takes long, and has a test of its own',
    run: (command) => withOptions(command, 'bigram'),
  },
  {
    form: /^(printf '[^']*' \| )?(npm run( --silent)?|npx trilu) (export|generate|evaluate|inspect|devices)\b/,
    because: 'it is quick',
    run: (command) => command,
  },
];

/** The commands of a README's sh blocks, comments taken off. */
function commands(text: string): string[] {
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  const lines = blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'));
  return lines.map((line) => line.replace(/(^|\s)#\s.*$/, '').trim()).filter((line) => line !== '');
}

/** The examples in files of their own, by the names that their first lines say. */
const files = [...readme.matchAll(/^```js\n\/\/ ([\w-]+\.js)\n.*?^```$/gms)].map(([block, name = '']) => ({
  name,
  code: block.split('\n').slice(1, -1).join('\n'),
}));

/** The examples in TypeScript. */
const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? '');

const folder = mkdtempSync(join(tmpdir(), 'trilu-readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a line in the copy's shell. */
function shell(command: string): Promise<{ code: number | string; stdout: string; stderr: string }> {
  return new Promise((settle) => {
    execFile('bash', ['-c', command], { cwd: folder }, (error, stdout, stderr) => {
      settle({ code: error === null ? 0 : (error.code ?? 'killed'), stdout, stderr });
    });
  });
}

beforeAll(async () => {
  cpSync(repository, folder, {
    recursive: true,
    filter: (source) => !leftBehind.has(relative(repository, source)),
  });
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'), 'junction');
  // A text of one's own, with every character that a prompt may have.
  const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
  for (const { name, code } of files) writeFileSync(join(folder, name), code);
  writeFileSync(join(folder, 'book.txt'), `${printable}\nA book of one’s own.\n`.repeat(20));
  expect(await shell('npm run build')).toMatchObject({ code: 0 });
});

it('.ci/run makes the two commands', () => {
  expect(readFileSync(join(repository, '.ci/run'), 'utf8').split('\n')).toEqual(
    expect.arrayContaining(['npm ci', 'npm test']),
  );
});

it('npx trilu is the file that the commands here run', async () => {
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  expect(bin).toEqual({ trilu: './dist/src/cli/main.js' });
  expect((await shell('./dist/src/cli/main.js --version')).code).toBe(0);
});

it('each file of the README is used by a command, and the first code is one', () => {
  expect(files.map(({ name }) => name)).toEqual(['first.js', 'my-model.js']);
  for (const { name } of files) expect(commands(readme).some((command) => command.includes(name))).toBe(true);
  expect(/^```(.*)\n(.*)$/m.exec(readme)?.slice(1)).toEqual(['js', '// first.js']);
  expect(readme).not.toMatch(/^```js\n(?!\/\/ )/m);
});

describe('each command works as it stands', () => {
  it.each([...new Set([...commands(readme), ...commands(training)])])('%s', async (command) => {
    const row = rows.find(({ form }) => form.test(command));
    expect(row, 'the table of this test says how to try it').toBeDefined();
    if (row?.run === undefined) return;
    const line = row.run(command).replaceAll('npx trilu', 'node dist/src/cli/main.js');
    const { code, stdout, stderr } = await shell(`set -o pipefail; ${line}`);
    expect([code, stderr], line).toEqual([0, expect.not.stringMatching(/trilu: /)]);
    expect(stdout).not.toBe('');
    if (row.prints === undefined) return;
    expect(stdout.trim()).toBe(row.prints);
    expect(readme).toContain(row.prints);
  });
});

describe('each example in TypeScript type-checks in a project of its own, runs, and prints what it says', () => {
  const project = join(folder, 'project');

  /** What the compiler says of all examples: each is a module of its own, but it starts once. */
  let compiled: Awaited<ReturnType<typeof shell>> | undefined;

  beforeAll(async () => {
    mkdirSync(join(project, 'node_modules'), { recursive: true });
    symlinkSync(folder, join(project, 'node_modules/trilu'), 'junction');
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    const files = examples.map((code, index) => {
      const file = `example-${index + 1}.ts`;
      writeFileSync(join(project, file), code);
      return file;
    });
    const options = '--strict --module nodenext --target es2022 --outDir built --ignoreConfig';
    const tsc = `node ../node_modules/typescript/bin/tsc ${options} ${files.join(' ')}`;
    compiled = await shell(`cd project && ${tsc}`);
  });

  it.each(examples.map((code, index) => [index + 1, code] as const))('%i', async (number, code) => {
    expect(compiled).toMatchObject({ code: 0, stdout: '' });
    const { code: exitCode, stdout, stderr } = await shell(`cd project && node built/example-${number}.js`);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).not.toBe('');
    for (const [, said = ''] of code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)) expect(stdout).toContain(said);
  });
});
