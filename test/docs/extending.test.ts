import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeSafetensors } from '../../src/safetensors/safetensors.ts';
import { writeText } from '../cli/command.ts';
import { type Block, readDocument } from '../support/documents.ts';
import { emptyProject } from '../support/installed-example.ts';

/** The document's blocks in an empty project, where trilu is installed as npm packs it. */
const folder = emptyProject(['onnxruntime-node']);
const { units, unknown } = readDocument('extending.md');
const blocks = units.flatMap((unit) => unit.blocks);
const named = new Map(
  blocks.flatMap((block) => {
    const [, name] = /^\/\/ (\S+\.js)$/m.exec(block.code.split('\n')[0] ?? '') ?? [];
    return name === undefined ? [] : [[name, block] as const];
  }),
);
const shells = blocks.filter(({ language }) => language === 'sh');

/** Runs a script of commands in the project, until one fails. @returns what it prints */
async function shell(script: string): Promise<string> {
  const { NODE_ENV, VITEST, NODE_OPTIONS, ...environment } = process.env;
  const env = { ...environment, NO_COLOR: '1' };
  // Nothing is piped in, which `generate` would wait for.
  const words = ['-e', '-o', 'pipefail', '-c', `exec < /dev/null\n${script}`];
  const { stdout } = await promisify(execFile)('bash', words, { cwd: folder, env });
  return stdout;
}

/** The shell block in which a command is. */
function blockWith(command: string): string {
  const found = shells.find(({ code }) => code.includes(command));
  if (found === undefined) throw new Error(`no block has ${command}`);
  return found.code;
}

const json = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));

beforeAll(() => {
  writeText(join(folder, 'book.txt'));
  for (const [name, { code }] of named) writeFileSync(join(folder, name), `${code}\n`);
});

test('every block of JavaScript names its file, and every file imports from trilu’s entries and its neighbours alone', () => {
  expect(unknown).toEqual([]);
  expect(blocks.length - shells.length).toBe(named.size);
  expect([...named.keys()]).toEqual(
    expect.arrayContaining(['my-model.js', 'my-operator.js', 'my-optimizer.js', 'my-tokenizer.js', 'my-device.js']),
  );
  const imports = [...named.values()].flatMap(({ code }: Block) => [
    ...code.matchAll(/from '([^']+)'|import '([^']+)'/g),
  ]);
  for (const [, from, alone] of imports)
    expect(from ?? alone).toMatch(/^(trilu(\/(graph|onnx|node|models))?|\.\/[\w-]+\.js)$/);
});

describe('a model in one file', () => {
  let printed: string;
  beforeAll(async () => {
    const quick = blockWith('./my-model.js --help')
      .replace('--heads 4', '--heads 4 --steps 60')
      .replace('--steps 600', '--steps 80');
    printed = await shell(quick);
  });

  test('its settings are options of train', () => {
    expect(printed).toMatch(/--width <number> +numbers that stand for a token\n/);
    expect(printed).not.toContain('--embedding');
  });

  test('is trained, and the run goes on, is evaluated and writes', () => {
    expect(json('runs/mine/trainer.json')).toMatchObject({
      step: 80,
      config: { n_positions: 32, trilu: { model: 'my-model', module: '../../my-model.js', heads: 4, width: 32 } },
    });
    const [first, resumed] = [...printed.matchAll(/^step \d+: validation loss ([\d.]+)/gm)].map(([, loss]) =>
      Number(loss),
    );
    const [, evaluated] = /^loss ([\d.]+) nats/m.exec(printed) ?? [];
    expect(first).toBeLessThan(2.8);
    expect(Number(evaluated)).toBe(resumed);
  });

  test('is exported: all five programs, and a folder for Hugging Face’s tools; the exported file writes', () => {
    const files = readdirSync(join(folder, 'runs/mine/onnx')).sort();
    expect(files).toEqual(['decode.onnx', 'evaluate.onnx', 'forward.onnx', 'generate.onnx', 'train.onnx']);
    expect(json('hugging-face/config.json')).toMatchObject({ trilu: { model: 'my-model', module: '../my-model.js' } });
    expect(existsSync(join(folder, 'hugging-face/onnx/model.onnx'))).toBe(true);
  });

  test('its file needs no module, and writes what the run writes', async () => {
    const write = (source: string): Promise<string> =>
      shell(`npx trilu generate ${source} --prompt 'the ' --tokens 40 --greedy`);
    const written = await write('runs/mine');
    expect(written).toMatch(/^the \w+/);
    expect(
      await shell(
        `mv my-model.js elsewhere.js; npx trilu generate runs/mine/onnx/generate.onnx --prompt 'the ' --tokens 40 --greedy; mv elsewhere.js my-model.js`,
      ),
    ).toBe(written);
  });
});

describe('an operator in one file', () => {
  test('builds, differentiates, is written and runs', async () => {
    const printed = await shell('node use-my-operator.js');
    expect(printed.trimEnd()).toBe(named.get('use-my-operator.js')?.output?.content);
  });

  test('is a part of a model that trains and is exported', async () => {
    const code = named.get('my-model.js')?.code ?? '';
    const changed = code.replace(' relu,', '').replace('relu(linear', 'softplus(linear');
    writeFileSync(join(folder, 'soft.js'), `import { softplus } from './my-operator.js';\n${changed}\n`);
    await shell('npx trilu train ./soft.js --data book.txt --steps 5 --out runs/soft && npx trilu export runs/soft');
    expect(await shell('npx trilu inspect runs/soft/onnx/train.onnx')).toMatch(/^Softplus +\d/m);
  });
});

describe('an optimizer in one file', () => {
  test('trains by its name and its settings, and the run goes on', async () => {
    await shell(blockWith('--optimizer adagrad'));
    expect(json('runs/adagrad/trainer.json')).toMatchObject({
      step: 30,
      options: { optimizer: { name: 'adagrad', floor: 1e-7 } },
    });
    const { tensors } = decodeSafetensors(
      readFileSync(join(folder, 'runs/adagrad/training_state.safetensors')),
      'the state',
    );
    expect([...tensors.keys()]).toContain('transformer.wte.weight.sum');
  });
});

describe('a tokenizer in one file', () => {
  test('is what its model’s runs are made of: they train, go on, are exported and write', async () => {
    const printed = await shell(blockWith('my-byte-model.js'));
    expect(json('runs/bytes/config.json')).toMatchObject({ vocab_size: 256 });
    expect(json('runs/bytes/tokenizer.json')).toEqual({ model: { type: 'Utf8Bytes' } });
    expect(json('runs/bytes/trainer.json')).toMatchObject({ step: 40, data: { path: expect.any(String) } });
    expect(printed.match(/é/g)?.length).toBeGreaterThanOrEqual(2); // from the folder, and from the file
  });
});

describe('a device in one file', () => {
  test('is listed, and writes', async () => {
    const printed = await shell(blockWith('devices --device'));
    expect(printed).toMatch(/^parallel +yes +the processor, with independent nodes side by side/m);
  });
});
