import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { quiet, runTrilu, sharedFolder, startTrilu, succeed, trilu, writeText } from './command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };
const short = ['--data', 'text.txt', '--steps', '2', '--device', 'cpu', '--threads', '1', '--no-tensorboard', ...quiet];

const settings = `
    width: wholeNumber({ default: 8, description: 'numbers that stand for a token' }),
    bend: choice(['tanh', 'relu'], { default: 'tanh', description: 'what bends' }),`;

/** A small model; what is replaced in it makes others. */
const mine = `import { choice, defineModel, defineTokenizer, embedding, linear, wholeNumber } from 'trilu';
import { gather, relu, tanh } from 'trilu/graph';
export const model = defineModel({
  name: 'mine',
  settings: {${settings}
  },
  logits(tokens, { vocabulary, width, bend }) {
    const x = gather(embedding('tokens', vocabulary, width), tokens);
    return linear('head', bend === 'relu' ? relu(x) : tanh(x), vocabulary);
  },
});
`;

/** Writes a module. A module is loaded once in this process, so that a changed one needs another name. */
function write(name: string, code: string): void {
  writeFileSync(join(folder, name), code);
}

beforeAll(async () => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve(import.meta.dirname, '../..'), join(folder, 'node_modules/trilu'), 'junction');
  write('package.json', '{ "type": "module" }');
  writeText(join(folder, 'text.txt'));
  write('mine.js', mine);
  await succeed(['train', './mine.js', '--out', 'run', '--width', '12', ...short], cwd);
});

/** A command that must fail. @returns its exit code, and its one line on stderr */
async function failure(...args: readonly string[]): Promise<readonly [code: number, line: string]> {
  const { code, stdout, stderr } = await trilu(args, cwd);
  expect([stdout, stderr.split('\n').length]).toEqual(['', 2]);
  return [code, stderr.trimEnd()];
}

const json = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));

describe('a module that is no model', () => {
  const header = "import { defineModel, wholeNumber } from 'trilu';\n";
  const withSetting = (name: string): string =>
    `${header}export const model = defineModel({ name: 'bad', logits: (t) => t, settings: { ${JSON.stringify(name)}: wholeNumber({ default: 1, description: 'a number' }) } });`;

  it.each<[string, string | undefined, 1 | 2, string]>([
    ['missing', undefined, 2, 'There is no module ./missing.js: give the path of a file that exports a model.'],
    [
      'none',
      'export const other = 1;',
      2,
      './none.js exports no `model`: it must say `export const model = defineModel',
    ],
    [
      'renamed',
      mine.replace('const model', 'const best'),
      2,
      './renamed.js exports no `model` (it is exported as `best`)',
    ],
    [
      'two',
      `${mine}export const other = defineModel({ name: 'other', settings: {}, logits: (t) => t });`,
      2,
      './two.js exports 2 models, model and other: export one, as `model`.',
    ],
    ['throws', 'throw new RangeError("out of cheese");', 1, "./throws.js can't be loaded: RangeError: out of cheese"],
    ['gone', 'import "./nowhere.js";', 1, "./gone.js can't be loaded: Error: Cannot find module"],
    [
      'twice',
      `${mine}defineModel({ name: 'a b', settings: {}, logits: (t) => t });`,
      1,
      './twice.js: A model can\'t be called "a b"',
    ],
    [
      'no-kind',
      `${mine}export const tokenizer = 3;`,
      2,
      './no-kind.js exports a `tokenizer` that is no kind of tokenizer: it must say',
    ],
    [
      'steps',
      withSetting('steps'),
      2,
      'bad has a setting called "steps", which training has too: give it another name.',
    ],
    [
      'threads',
      withSetting('threads'),
      2,
      'bad has a setting called "threads", which is another option already: give it another name.',
    ],
    [
      'out',
      withSetting('out'),
      2,
      'bad has a setting called "out", which is another option already: give it another name.',
    ],
    [
      'version',
      withSetting('version'),
      1,
      "./version.js: bad: a setting can't be called version, which means something else already.",
    ],
    [
      'no-bias',
      withSetting('noBias'),
      1,
      './no-bias.js: bad: a setting can\'t be called "noBias": begin with a lower-case letter',
    ],
    [
      'shape',
      mine.replace(', vocabulary);\n  }', ', 7);\n  }'),
      1,
      'mine: logits must return float32 (batch, time, 20), a score for each of the 20 tokens at each position, but it returns float32 (batch, time, 7).',
    ],
    ['type', mine.replace('return linear', 'return tokens; linear'), 1, 'but it returns int32 (batch, time).'],
    ['nothing', mine.replace('return linear', 'linear'), 1, 'but it returns undefined.'],
  ])('%s is told in one sentence, and nothing is written', async (name, code, exitCode, message) => {
    if (code !== undefined) write(`${name}.js`, code);
    const [found, line] = await failure('train', `./${name}.js`, '--out', `runs/${name}`, ...short);
    expect(line.startsWith('trilu: ')).toBe(true);
    expect(line).toContain(message);
    expect(found).toBe(exitCode);
    expect(() => readFileSync(join(folder, `runs/${name}/training.json`))).toThrow('ENOENT');
  });

  it('TypeScript is loaded where Node can, and told where it can’t', async () => {
    write('mine.ts', mine.replace('logits(tokens,', 'logits(tokens: any,'));
    const { code, stderr } = await runTrilu(['train', './mine.ts', '--out', 'typed', ...short], cwd);
    const loads = 'typescript' in process.features && process.features.typescript !== false;
    const told = `trilu: ./mine.ts is TypeScript, which Node ${process.versions.node} can't load: use Node 22.18 or newer, or compile it to JavaScript.\n`;
    expect([code, loads ? '' : stderr]).toEqual(loads ? [0, ''] : [2, told]);
  });

  it('a file of another kind that a module imports is not taken for the module', async () => {
    write('other.txt', '');
    write('imports.js', 'import "./other.txt";');
    const { code, stderr } = await runTrilu(['train', './imports.js'], cwd);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^trilu: \.\/imports\.js can't be loaded: TypeError: .*\.txt/),
    ]);
  });
});

describe('the settings of a module', () => {
  it('are options of train, in place of the ladder’s', async () => {
    const help = await succeed(['train', './mine.js', '--help'], cwd);
    expect(help).toMatch(/--width <number> +numbers that stand for a token\n/);
    expect(help).toMatch(/--bend <name> +what bends \(choices: "tanh", "relu"\)/);
    expect(help).not.toContain('--heads');
    const ladder = ['train', './mine.js', '--heads', '2', ...short];
    expect(await failure(...ladder)).toEqual([2, expect.stringContaining("Unknown option '--heads'")]);
  });

  it('are in the configuration file of a run, which begins it anew, and options go before it', async () => {
    await succeed(
      ['train', '--config', 'run/training.json', '--bend', 'relu', '--out', 'again', '--no-tensorboard'],
      cwd,
    );
    expect(json('again/training.json')).toMatchObject({ model: '../mine.js', width: 12, bend: 'relu', steps: 2 });
    expect(json('again/config.json')).toMatchObject({ n_positions: 64, trilu: { module: '../mine.js', width: 12 } });
  });

  it('can’t be changed on resume', async () => {
    const [code, line] = await failure('train', './mine.js', '--resume', 'run', '--width', '8');
    expect([code, line]).toEqual([
      2,
      "trilu: --width can't be given with --resume: the run keeps what it began with. Leave it out.",
    ]);
  });
});

describe('a run whose module', () => {
  const changed = `Its model is defined in ${join(folder, 'CHANGED')}: if that was changed since, change it back, or train anew.`;
  const hint = (file: string): string => changed.replace('CHANGED', file);

  it.each<[string, string, string]>([
    ['lost a setting', mine.replace(/\n.*bend: choice.*/, ''), 'trilu.bend: is no setting of mine. '],
    [
      'has a setting of another type',
      mine.replace(/width: wholeNumber.*/, "width: choice(['8'], { default: '8', description: 'a width' }),"),
      'trilu.width: must be one of 8. ',
    ],
    [
      'has a setting with other limits',
      mine.replace('default: 8,', 'default: 8, max: 10,'),
      'trilu.width: must be a whole number from 1 to 10. ',
    ],
    [
      'makes parameters of other shapes',
      mine.replace("'tokens', vocabulary, width", "'tokens', vocabulary, width + 1"),
      'tokens.weight ',
    ],
    ['gives a parameter another name', mine.replace("'head'", "'top'"), 'top.weight '],
  ])('%s no longer fits it', async (what, code, message) => {
    const file = `${what.replaceAll(' ', '-')}.js`;
    write(file, code);
    for (const args of [
      ['generate', 'run', '--model', `./${file}`],
      ['train', `./${file}`, '--resume', 'run', '--steps', '4'],
    ]) {
      const [exitCode, line] = await failure(...args);
      expect(line).toContain(message);
      expect(line.endsWith(hint(file))).toBe(true);
      expect(exitCode).toBe(1);
    }
  });

  it('has a new setting goes on with its default', async () => {
    write(
      'new.js',
      mine.replace('settings: {', "settings: { depth: wholeNumber({ default: 3, description: 'a depth' }),"),
    );
    expect(await succeed(['generate', 'run', '--model', './new.js', '--tokens', '3'], cwd)).toHaveLength(3);
  });

  it('defines a model of another name', async () => {
    write('other.js', mine.replace("'mine'", "'other'"));
    expect(await failure('generate', 'run', '--model', './other.js')).toEqual([
      1,
      `trilu: The model in run is called mine, but that of ${join(folder, 'other.js')} is called other: say with --model where it is, or give the model its name back.`,
    ]);
  });

  it('is gone says where it was and what to do, and takes its new place', async () => {
    renameSync(join(folder, 'mine.js'), join(folder, 'moved.js'));
    const gone = `trilu: The model in run is defined by a module that is no longer at ${join(folder, 'mine.js')}: `;
    for (const args of [
      ['generate', 'run'],
      ['evaluate', 'run', '--data', 'text.txt'],
      ['export', 'run'],
    ]) {
      expect(await failure(...args)).toEqual([1, `${gone}say with --model where it is.`]);
    }
    expect(await failure('train', '--resume', 'run', '--steps', '4')).toEqual([
      1,
      `${gone}say where it is: npx trilu train path/to/module.js --resume run.`,
    ]);
    const moved = ['--model', './moved.js'];
    await succeed(['evaluate', 'run', '--data', 'text.txt', ...moved], cwd);
    // The text that the loss is measured on is the run's own, as its record says.
    const half = ['export', 'run', '--program', 'forward', '--dtype', 'fp16', '--json', ...moved];
    expect(JSON.parse(await succeed(half, cwd))).toMatchObject([{ loss: expect.any(Number) }]);
    await succeed(['train', './moved.js', '--resume', 'run', '--steps', '4', '--eval-every', '2'], cwd);
    expect(json('run/config.json')).toMatchObject({ trilu: { module: '../moved.js' } });
    for (const source of ['run', 'run/best']) await succeed(['generate', source, '--tokens', '3'], cwd);
  });
});

describe('a module’s tokenizer', () => {
  const kind = (name: string): string => `
const words = { kind: '${name}', size: 256, encode: (text) => Int32Array.from(Buffer.from(text)), decode: (ids) => Buffer.from(ids).toString(),
  decoder: () => ({ push: (id) => String.fromCharCode(id), end: () => '' }), toJSON: () => ({ model: { type: '${name}' } }) };
export const tokenizer = defineTokenizer({ name: '${name}', reads: (json) => json.model?.type === '${name}', fromJSON: () => words, fromText: () => words });
`;

  it('is of every run, file and export of its models', async () => {
    write('bytes.js', `${mine}${kind('own-bytes')}`);
    await succeed(['train', './bytes.js', '--out', 'bytes', ...short], cwd);
    expect(json('bytes/config.json')).toMatchObject({ vocab_size: 256 });
    await succeed(['export', './bytes.js', '--data', 'text.txt', '--out', 'fresh', '--program', 'decode'], cwd);
    // In a process of its own nothing has defined the kind yet.
    const resumed = await startTrilu(['train', '--resume', 'bytes', '--steps', '3'], cwd).ended;
    expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringContaining('of 256 kinds')]);
    const file = ['generate', 'fresh/mine/decode.onnx', '--tokens', '3', '--prompt', 'the'];
    expect(await runTrilu(file, cwd)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--model names a module that does'),
    });
    expect(await runTrilu([...file, '--model', './bytes.js'], cwd)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^the/),
    });
  });
});
