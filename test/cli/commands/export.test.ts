import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { modelNames } from '../../../models/index.ts';
import { decodeModel } from '../../../src/onnx/codec.ts';
import { readModelSummary } from '../../../src/onnx/metadata.ts';
import { programNames } from '../../../src/programs/index.ts';
import { open } from '../../../src/runtime/node/open.ts';
import { tensor } from '../../../src/runtime/tensor.ts';
import { decodeSafetensors } from '../../../src/safetensors/safetensors.ts';
import { quiet, runTrilu, sharedFolder, smallModel, succeed, trilu, writeText } from '../command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };
const files = programNames.map((name) => `${name}.onnx`).sort();

interface Row {
  readonly file: string;
  readonly nodes: number;
  readonly parameters: number;
  readonly bytes: number;
  readonly opset: number;
  readonly milliseconds: number;
  readonly loss?: number;
  readonly fp32Loss?: number;
}

async function exportJson(...options: readonly string[]): Promise<Row[]> {
  return JSON.parse(await succeed(['export', ...options, '--threads', '1', '--json'], cwd));
}

function metadata(file: string): ReturnType<typeof readModelSummary> {
  return readModelSummary(readFileSync(join(folder, file)), file);
}

beforeAll(async () => {
  writeText(join(folder, 'text.txt'));
  const options = ['--data', 'text.txt', '--out', 'run', '--steps', '30', ...smallModel, ...quiet];
  await succeed(['train', 'gpt-nano', ...options], cwd);
});

it('with no arguments writes every program of every model of the ladder, and runs each', async () => {
  const rows = await exportJson();
  expect(rows.map(({ file }) => file)).toEqual(
    modelNames.flatMap((model) => programNames.map((program) => join('out', model, `${program}.onnx`))),
  );
  expect(readdirSync(join(folder, 'out')).sort()).toEqual([...modelNames].sort());
  for (const { file, nodes, parameters, bytes, opset, milliseconds } of rows) {
    expect(bytes, file).toBe(statSync(join(folder, file)).size);
    expect(
      [nodes, parameters, milliseconds].every((number) => number > 0),
      file,
    ).toBe(true);
    expect(opset).toBe(18);
  }
  const models = new Set(rows.map(({ file, parameters }) => `${file.split(/[\\/]/)[1]} ${parameters}`));
  expect(models.size).toBe(modelNames.length); // the programs of one model have the same parameters
}, 240_000);

describe.concurrent('a run', () => {
  it('goes into its own onnx folder, and a table tells of each file', async () => {
    const { code, stdout, stderr } = await runTrilu(['export', 'run', '--threads', '1'], cwd);
    expect([code, stderr]).toEqual([0, '']);
    expect(readdirSync(join(folder, 'run/onnx')).sort()).toEqual(files);
    const [header = '', ...lines] = stdout.trimEnd().split('\n');
    expect(header.trim().split(/ {2,}/)).toEqual(['file', 'nodes', 'parameters', 'size', 'opset', 'ran in']);
    expect(lines).toHaveLength(programNames.length);
    for (const [index, line] of lines.entries()) {
      expect(line).toMatch(/^\S+ +[\d,]+ +[\d,]+ +[\d.]+ [kM]?B +18 +[\d.]+ ms$/);
      expect(line.startsWith(join('run/onnx', `${programNames[index]}.onnx`))).toBe(true);
      expect(line.length).toBe(header.length);
    }
  });

  it('gets a train program with the optimizer that it was trained by', async () => {
    const options = ['--optimizer', 'lion', '--data', 'text.txt', '--out', 'lion', '--steps', '2', ...smallModel];
    await succeed(['train', 'gpt-nano', ...options, ...quiet], cwd);
    await exportJson('lion', '--program', 'train');
    const slotsOf = (file: string): Set<string> => {
      const { graph } = decodeModel(readFileSync(join(folder, file)));
      const inputs = graph?.input?.map(({ name }) => name ?? '') ?? [];
      return new Set(inputs.flatMap((name) => /\.weight\.(\w+)$/.exec(name)?.[1] ?? []));
    };
    expect(slotsOf('lion/onnx/train.onnx')).toEqual(new Set(['exp_avg']));
  });

  it('goes where --out says, only the programs asked for, at the opset asked for', async () => {
    const rows = await exportJson('run', '--out', 'deep/elsewhere', '--program', 'decode,forward', '--opset', '17');
    expect(readdirSync(join(folder, 'deep/elsewhere')).sort()).toEqual(['decode.onnx', 'forward.onnx']);
    expect(rows.map(({ opset }) => opset)).toEqual([17, 17]);
    const { opsets } = metadata('deep/elsewhere/forward.onnx');
    expect(opsets['']).toBe(17);
    expect(decodeModel(readFileSync(join(folder, 'deep/elsewhere/forward.onnx'))).irVersion).toBeLessThanOrEqual(8);
  });

  it('puts the trained weights into the files, bit for bit, and all that is needed to run them', async () => {
    await exportJson('run', '--program', 'forward', '--out', 'trained');
    const { graph } = decodeModel(readFileSync(join(folder, 'trained/forward.onnx')));
    const written = new Map(graph?.initializer?.map(({ name, rawData }) => [name, Buffer.from(rawData ?? [])]));
    const { tensors } = decodeSafetensors(readFileSync(join(folder, 'run/model.safetensors')));
    for (const [name, { data }] of tensors) {
      if (name.endsWith('.bias')) continue; // zeros that this model has not got
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      expect(written.get(name)?.equals(bytes), name).toBe(true);
    }
    const said = metadata('trained/forward.onnx').metadata;
    expect(said['trilu.program']).toBe('forward');
    expect(JSON.parse(said['trilu.config'] ?? '')).toEqual(
      JSON.parse(readFileSync(join(folder, 'run/config.json'), 'utf8')),
    );
    expect(new Set(JSON.parse(said['trilu.vocabulary'] ?? ''))).toEqual(
      new Set(readFileSync(join(folder, 'text.txt'), 'utf8')),
    );
  });

  it('has fewer bits with --dtype, and its loss is told beside that in float32', async () => {
    const [plain] = await exportJson('run', '--program', 'forward', '--out', 'plain');
    const rows = await exportJson('run', '--dtype', 'int8', '--out', 'int8');
    expect(rows.map(({ file }) => file.split(/[\\/]/).at(-1))).toEqual([
      'forward.onnx',
      'decode.onnx',
      'generate.onnx',
      'evaluate.onnx',
    ]);
    const { bytes = 0, opset, loss = 0, fp32Loss = 0 } = rows[0] ?? {};
    expect(opset).toBe(21);
    expect(bytes).toBeLessThan(plain?.bytes ?? 0);
    const evaluated = JSON.parse(await succeed(['evaluate', 'run', '--data', 'text.txt', '--json'], cwd));
    expect(fp32Loss).toBeCloseTo(evaluated.loss, 5);
    expect(Math.abs(loss / fp32Loss - 1)).toBeLessThan(0.005);
    expect(loss).not.toBe(fp32Loss);
  });

  it('is a folder for Hugging Face’s tools with --format hf, in place or anew', async () => {
    const rows = await exportJson('run', '--format', 'hf', '--out', 'hf');
    expect(rows.map(({ file }) => file)).toEqual(
      ['window', 'cache'].map((form) => join('hf/onnx', form === 'window' ? 'model.onnx' : 'model_cache.onnx')),
    );
    const whole = [
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ];
    expect(readdirSync(join(folder, 'hf'))).toEqual(expect.arrayContaining(whole));
    expect(readFileSync(join(folder, 'hf/model.safetensors'))).toEqual(
      readFileSync(join(folder, 'run/model.safetensors')),
    );
    cpSync(join(folder, 'run'), join(folder, 'copy'), { recursive: true });
    await exportJson('copy', '--format', 'hf', '--dtype', 'fp16');
    expect(existsSync(join(folder, 'copy/onnx/model_fp16.onnx'))).toBe(true);
  });

  it('has its weights beside it with --external-data, and numbers for symbols with --static', async () => {
    const options = ['--program', 'decode', '--cache', 'fixed', '--attention', 'fused'];
    const [row] = await exportJson('run', ...options, '--external-data', '--static', '1,1', '--out', 'outside');
    const size = (name: string): number => statSync(join(folder, 'outside', name)).size;
    expect(row?.bytes).toBe(size('decode.onnx') + size('decode.onnx.data'));
    expect(size('decode.onnx.data')).toBeGreaterThan(size('decode.onnx'));
    const session = await open(join(folder, 'outside/decode.onnx'), { worker: false, threads: 1 });
    const shapes = new Map(session.program.inputs.map(({ name, shape }) => [name, shape]));
    await session.dispose();
    expect([shapes.get('tokens'), shapes.get('cache.length')]).toEqual([[1, 1], [1]]);
    const written = await succeed(
      ['generate', 'outside/decode.onnx', '--prompt', 'the', '--tokens', '12', '--seed', '3'],
      cwd,
    );
    expect(written).toBe(await succeed(['generate', 'run', '--prompt', 'the', '--tokens', '12', '--seed', '3'], cwd));
  });

  it.each([
    [['--format', 'hf', '--cache', 'fixed'], '--cache is for --format onnx'],
    [['--format', 'hf', '--external-data'], '--external-data is for --format onnx'],
    [['--format', 'hf', '--static', '1,8'], '--static is for --format onnx'],
    [['--main', 'cache'], '--main is for --format hf'],
    [['--quantized', 'qdq'], '--quantized is for --dtype int8 or int4'],
    [['--program', 'train', '--dtype', 'int8'], 'The train program is written in fp32'],
    [
      ['--program', 'forward', '--dtype', 'int8', '--opset', '18'],
      'The forward program in int8 needs opset 21 or newer, not 18',
    ],
    [['--program', 'forward', '--attention', 'fused', '--opset', '18'], 'Attention exists from opset 23 on'],
    [['--program', 'generate', '--stop', 'no'], '--stop must be one character of the model'],
    [
      ['--program', 'decode', '--cache', 'fixed', '--attention', 'group-query'],
      'The fixed cache goes with the attention forms',
    ],
  ])('can’t be %j, and nothing is written', async (options, message) => {
    const { code, stdout, stderr } = await trilu(['export', 'run', '--out', 'refused', ...options], cwd);
    expect([code === 1 || code === 2, stdout]).toEqual([true, '']);
    expect(stderr).toMatch(/^trilu: [^\n]+\n$/);
    expect(stderr).toContain(message);
    const left = existsSync(join(folder, 'refused')) ? readdirSync(join(folder, 'refused')) : [];
    expect(left.filter((name) => name.endsWith('.onnx'))).toEqual([]);
  });

  it('shows the attention with --taps: rows that sum to 1 and never look ahead', async () => {
    await exportJson('run', '--program', 'forward', '--out', 'tapped', '--taps', 'attention');
    const session = await open(join(folder, 'tapped/forward.onnx'), { worker: false, threads: 1 });
    try {
      const attention = (await session.run({ tokens: tensor('int32', [1, 5], [1, 2, 3, 4, 5]) }))['attention.0'];
      expect(attention?.shape).toEqual([1, 2, 5, 5]);
      const weights = Array.from(attention?.data ?? [], Number);
      for (let row = 0; row < 10; row += 1) {
        const inRow = weights.slice(row * 5, row * 5 + 5);
        expect(inRow.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
        expect(inRow.slice((row % 5) + 1).every((weight) => weight === 0)).toBe(true);
      }
    } finally {
      await session.dispose();
    }
  });
});

describe.concurrent('a model of the ladder', () => {
  it('has the weights that its seed gives, and the characters of its text', async () => {
    const options = ['bigram', '--data', 'text.txt', '--program', 'forward'];
    await exportJson(...options, '--seed', '1', '--out', 'one');
    await exportJson(...options, '--seed', '1', '--out', 'same');
    await exportJson(...options, '--seed', '2', '--out', 'two');
    const [one, same, two] = ['one', 'same', 'two'].map((out) =>
      readFileSync(join(folder, out, 'bigram/forward.onnx')),
    );
    expect(same?.equals(one ?? Buffer.of())).toBe(true);
    expect(two?.equals(one ?? Buffer.of())).toBe(false);
    expect(JSON.parse(metadata('one/bigram/forward.onnx').metadata['trilu.vocabulary'] ?? '')).toContain('w');
  });
});

describe.concurrent('refused:', () => {
  it.each<[readonly string[], 1 | 2, RegExp]>([
    [['gtp'], 2, /gtp is neither a model of the ladder \(bigram, .*\) nor a model directory\./],
    [['run/config.json'], 2, /run\/config\.json is neither .* Its folder, run, may be one\./],
    [['run', '--out', 'text.txt/x'], 1, /Could not create the folder text\.txt\/x: a part of the path is a file/],
    [['run', '--out', 'text.txt'], 1, /Could not create the folder text\.txt: there is a file of that name/],
    [['bigram', '--data', 'missing.txt'], 1, /Could not read the text missing\.txt/],
  ])('%j', async (args, exitCode, message) => {
    const { code, stdout, stderr } = await trilu(['export', ...args], cwd);
    expect([code, stdout]).toEqual([exitCode, '']);
    expect(stderr).toMatch(/^trilu: [^\n]+\.\n$/);
    expect(stderr).toMatch(message);
    expect(existsSync(join(folder, 'text.txt'))).toBe(true);
  });
});
