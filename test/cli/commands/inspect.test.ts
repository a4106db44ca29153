import { execFile } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { externalFiles } from '../../../src/cli/inspect/external-files.ts';
import { formatFile } from '../../../src/cli/inspect/format-inspection.ts';
import { formatDirectory, inspectDirectory } from '../../../src/cli/inspect/inspect-directory.ts';
import { inspectFile } from '../../../src/cli/inspect/inspect-model-file.ts';
import { formatSafetensors, inspectSafetensors } from '../../../src/cli/inspect/inspect-safetensors.ts';
import { tensorStatistics } from '../../../src/cli/inspect/tensor-statistics.ts';
import { exportFiles } from '../../../src/export/export-program.ts';
import type { Block } from '../../../src/graph/index.ts';
import { descriptionFiles, encodeWeights } from '../../../src/model-directory/model-directory.ts';
import { encodeModel } from '../../../src/onnx/codec.ts';
import { tensorProto } from '../../../src/onnx/tensor-proto.ts';
import { makeProgram, parameterCount, programNames } from '../../../src/programs/index.ts';
import { CharacterTokenizer } from '../../../src/text/tokenizers/characters.ts';
import { someOptimizer, strongWeights, tinyFile, tinyModel, tinyStages } from '../../support/tiny-ladder.ts';
import { main, sharedFolder, succeed, trilu } from '../command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };
const place = (...path: string[]): string => join(folder, ...path);
const model = tinyModel('gpt');
const weights = strongWeights(model);
const alphabet = Array.from('abcdefghijk');

beforeAll(() => {
  for (const name of programNames) writeFileSync(place(`${name}.onnx`), tinyFile(name, model, { weights }));
  const program = makeProgram('forward', model, { optimizer: someOptimizer });
  const exported = exportFiles(
    program,
    { weights, tokenizer: CharacterTokenizer.fromVocabulary(alphabet) },
    'outside.onnx.data',
  );
  writeFileSync(place('outside.onnx'), exported.model);
  writeFileSync(place('outside.onnx.data'), exported.data ?? '');
  mkdirSync(place('model/onnx'), { recursive: true });
  for (const [name, text] of descriptionFiles({ model, tokenizer: CharacterTokenizer.fromVocabulary(alphabet) }))
    writeFileSync(place('model', name), text);
  writeFileSync(place('model/model.safetensors'), encodeWeights(model, weights));
  writeFileSync(place('model/onnx/forward.onnx'), tinyFile('forward', model, { weights }));
});

function nodesOf({ nodes }: Pick<Block, 'nodes'>): number {
  return nodes.reduce(
    (sum, { bodies }) => Object.values(bodies).reduce((inner, body) => inner + nodesOf(body), sum + 1),
    0,
  );
}

describe('a file of ours', () => {
  it.each(tinyStages)('of %s has its nodes, and its parameters stored or fed', async (stage) => {
    const tiny = tinyModel(stage);
    for (const name of programNames) {
      const program = makeProgram(name, tiny, { optimizer: someOptimizer });
      const source = place(`${stage.replaceAll(/\W/g, '')}-${name}.onnx`);
      writeFileSync(source, tinyFile(program, tiny));
      const report = await inspectFile({ source });
      const stored = report.tensors.filter(({ role }) => role === 'parameter');
      const elements = stored.reduce((sum, tensor) => sum + tensor.elements, 0);
      expect(report).toMatchObject({
        nodes: nodesOf(program.graph),
        problems: [],
        program: { name, state: program.state },
      });
      expect(elements, name).toBe(name === 'train' ? 0 : parameterCount(tiny));
      const count = parameterCount(tiny).toLocaleString('en-US');
      if (name === 'train') expect(formatFile(report, false)).toContain(`${count} parameters in `);
    }
  });

  it('is told in sections', async () => {
    const text = formatFile(await inspectFile({ source: place('decode.onnx') }), false);
    expect(text.split('\n')[0]).toMatch(/decode\.onnx: the decode program of gpt, \d+(\.\d)? kB$/);
    expect(text).toMatch(/^configuration {2}gpt: 2 layers, 2 heads, 16 wide, block 8, vocabulary 11$/m);
    expect(text).toMatch(/^characters {5}11: abcdefghijk$/m);
    expect(text).toMatch(/^format {9}IR version 8, opset 18$/m);
    expect(text).toMatch(/^tokens {2}int32 \[batch, time\]$/m);
    expect(text).toMatch(/^logits {2}float32 \[batch, time, 11\]$/m);
    expect(text).toMatch(/^cache\.0\.key +next\.cache\.0\.key +float32 \[batch, 2, past, 8\]$/m);
    expect(text).toMatch(/^parameters {2}float32 +\d+ +[\d,]+ +[\d.]+ kB$/m);
    expect(text).toMatch(/^MatMul +\d+$/m);
    expect(text).not.toContain('Problems');
  });

  it('shows few of many pairs of state, and says how many more', async () => {
    const report = await inspectFile({ source: place('train.onnx') });
    const shown = formatFile(report, false)
      .split('\n')
      .filter((line) => / next\.\S+ +\w+ \[/.test(line));
    expect(shown.length).toBeLessThan(8);
    expect(formatFile(report, false)).toContain(`… and ${report.program.state.length - shown.length} more`);
  });

  it('has its graph with --nodes, loops indented', async () => {
    const { graph = [] } = await inspectFile({ source: place('generate.onnx'), nodes: true });
    const loop = graph.findIndex((line) => / = Loop\(/.test(line));
    expect(graph.slice(loop + 1, loop + 3)).toEqual(['    body:', expect.stringMatching(/^ {6}(stored|input) /)]);
    expect(graph.filter((line) => / = \w+\(/.test(line))).toHaveLength(
      nodesOf(makeProgram('generate', model, { optimizer: someOptimizer }).graph),
    );
  });
});

describe('the numbers of tensors', () => {
  it('of a file are those of its weights, and in a row each', async () => {
    const report = await inspectFile({ source: place('forward.onnx'), parameters: true });
    for (const [name, data] of weights) {
      const { statistics } = report.tensors.find((tensor) => tensor.name === name) ?? {};
      const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
      const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
      expect(statistics?.mean, name).toBeCloseTo(mean, 10);
      expect(statistics?.deviation, name).toBeCloseTo(Math.sqrt(variance), 10);
      expect([statistics?.smallest, statistics?.largest]).toEqual([Math.min(...data), Math.max(...data)]);
    }
    expect(formatFile(report, true)).toMatch(
      /^transformer\.wte\.weight +float32 +\[11, 16\] +704 B +-?[\d.]+ +[\d.]+ +-[\d.]+ +[\d.]+/m,
    );
  });

  const evenOdd = { mean: 0.5, deviation: 1.5, smallest: -1, largest: 2, notFinite: 0 };
  it.each<[string, Parameters<typeof tensorStatistics>[1]]>([
    ['float32', Float32Array.of(-1, 2)],
    ['float64', Float64Array.of(-1, 2)],
    ['float16', Uint16Array.of(0xbc00, 0x4000)],
    ['bfloat16', Uint16Array.of(0xbf80, 0x4000)],
    ['int8', Int8Array.of(-1, 2)],
    ['int64', BigInt64Array.of(-1n, 2n)],
    ['int4', Uint8Array.of(0x2f)],
  ])('are read in %s', (type, data) => {
    expect(tensorStatistics(type, data, 2)).toEqual(evenOdd);
  });

  it('keep their deviation far from 0, count what is not finite apart, and are none in types without numbers', () => {
    expect(tensorStatistics('float64', Float64Array.of(1e9 + 1, 1e9 - 1), 2)?.deviation).toBe(1);
    expect(tensorStatistics('uint2', Uint8Array.of(0b11_00_01_10), 3)).toMatchObject({
      mean: 1,
      smallest: 0,
      largest: 2,
    });
    const odd = Float32Array.of(1, Number.NaN, 3, Number.NEGATIVE_INFINITY);
    expect(tensorStatistics('float32', odd, 4)).toEqual({
      mean: 2,
      deviation: 1,
      smallest: 1,
      largest: 3,
      notFinite: 2,
    });
    expect(tensorStatistics('string', ['a'], 1)).toBeUndefined();
    expect(tensorStatistics('float8e4m3fn', new Uint8Array(1), 1)).toBeUndefined();
  });
});

describe('weights beside a file', () => {
  it('are looked for, and their numbers read', async () => {
    const report = await inspectFile({ source: place('outside.onnx'), parameters: true });
    const inside = await inspectFile({ source: place('forward.onnx'), parameters: true });
    expect(report.externalFiles).toMatchObject([{ location: 'outside.onnx.data', state: 'whole' }]);
    expect(report.problems).toEqual([]);
    expect(report.tensors.map(({ external, ...row }) => row)).toEqual(inside.tensors);
    expect(report.tensors.some(({ external }) => external !== undefined)).toBe(true);
  });

  it('are told to be missing or cut short', async () => {
    for (const [name, length, problem] of [
      ['short', 100, /The file outside\.onnx\.data with the weights is cut short: it has 100 bytes of \d+\./],
      ['missing', undefined, /The file outside\.onnx\.data with the weights is missing: put it beside the model\./],
    ] as const) {
      mkdirSync(place(name));
      const source = place(name, 'outside.onnx');
      const program = makeProgram('forward', model, { optimizer: someOptimizer });
      const { model: bytes, data = new Uint8Array() } = exportFiles(program, { weights }, 'outside.onnx.data');
      writeFileSync(source, bytes);
      if (length !== undefined) {
        writeFileSync(place(name, 'outside.onnx.data'), data);
        truncateSync(place(name, 'outside.onnx.data'), length);
      }
      const report = await inspectFile({ source, parameters: true });
      expect(report.problems).toEqual([expect.stringMatching(problem)]);
      expect(formatFile(report, false)).toMatch(/^Problems:\n {2}The file outside/m);
    }
  });

  it('are not looked for outside of the model’s folder', async () => {
    const tensor = { scope: '', type: 'float32', shape: [1], elements: 1, bytes: 4, role: 'constant' as const };
    const places = ['../secret', '/etc/passwd', 'a/../../secret', ''];
    const tensors = places.map((location) => ({
      ...tensor,
      name: location,
      external: { location, offset: 0, length: 4 },
    }));
    expect((await externalFiles(tensors, folder)).map(({ state }) => state)).toEqual(places.map(() => 'outside'));
  });
});

describe('the command', () => {
  it('prints for people and with --json for programs', async () => {
    const text = await succeed(['inspect', 'forward.onnx'], cwd);
    expect(text).toBe(
      `${formatFile(await inspectFile({ source: place('forward.onnx') }), false)}\n`.replace(`${folder}/`, ''),
    );
    const report = JSON.parse(await succeed(['inspect', 'train.onnx', '--json', '--parameters', '--nodes'], cwd));
    expect(report).toMatchObject({ file: 'train.onnx', irVersion: 8, opsets: { '': 18 }, program: { name: 'train' } });
    expect(report.graph[0]).toMatch(/^graph /);
  });

  it('shows control characters by their numbers: a file can’t write to the terminal', async () => {
    const name = 'red\u001b[31m\nline';
    const graph = { name, initializer: [tensorProto(name, 'float32', [2], new Float32Array(2))], output: [{ name }] };
    const metadataProps = [{ key: name, value: name }];
    const bytes = encodeModel({
      irVersion: 8,
      opsetImport: [{ version: 18 }],
      producerName: name,
      graph,
      metadataProps,
    });
    writeFileSync(place('terminal.onnx'), bytes);
    const text = await succeed(['inspect', 'terminal.onnx', '--parameters', '--nodes'], cwd);
    expect(text).toContain('red\\x1b[31m\\x0aline');
    expect(text).not.toContain('\u001b');
    expect(text).not.toMatch(/^line/m);
  });

  it.each<[string, () => string, RegExp]>([
    ['missing', () => 'nowhere.onnx', /Could not read the model nowhere\.onnx: there is no such file/],
    ['empty', () => write('empty.onnx', ''), /empty\.onnx is empty/],
    ['cut short', () => write('cut.onnx', tinyFile('forward', model).subarray(0, 9000)), /cut\.onnx is cut short/],
    ['garbage', () => write('garbage.onnx', 'no model at all'), /garbage\.onnx is (damaged|cut short)/],
    ['of another kind', () => write('page.onnx', '<html></html>'), /page\.onnx is not an ONNX model but a web page/],
    ['damaged weights', () => write('bad.safetensors', 'short'), /bad\.safetensors is cut short/],
    ['a folder without a model', () => folderNamed('hollow'), /hollow holds no model/],
  ])('fails on what is %s with one sentence', async (_what, make, message) => {
    const { code, stdout, stderr } = await trilu(['inspect', make()], cwd);
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(message)]);
    expect(stderr).toMatch(/^trilu: [^\n]+\n$/);
  });

  it('loads little: no runtime, no graphs, no models; for help nothing but the shell', async () => {
    const inspecting = await modulesOf('inspect', 'forward.onnx');
    expect(inspecting).toMatch(/dist\/src\/onnx\/inspection\.js/);
    expect(inspecting.replaceAll(lists, '')).not.toMatch(
      /onnxruntime|valibot|dist\/src\/(graph|runtime|train|programs|import|export|safetensors)\/|dist\/models/,
    );
    const helping = await modulesOf('--help');
    expect(helping).toMatch(/dist\/src\/cli\/command-line\.js/);
    expect(helping.replaceAll(lists, '')).not.toMatch(
      /onnxruntime|valibot|protobufjs|dist\/src\/(cli\/(train|export|generate|inspect)|onnx|graph|runtime|train)\/|dist\/models/,
    );
  });
});

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(place(name), content);
  return name;
}

function folderNamed(name: string): string {
  mkdirSync(place(name));
  write(join(name, 'notes.txt'), 'nothing');
  return name;
}

/** What the shell itself loads: the lists that help shows. */
const lists = /dist\/src\/(runtime\/devices\/[\w/-]+|runtime\/node\/machine|export\/opsets|programs\/program)\.js/g;

/** What Node says of the modules that a command loads. */
function modulesOf(...args: readonly string[]): Promise<string> {
  const options = { ...cwd, env: { ...process.env, NODE_DEBUG: 'esm' }, maxBuffer: 2 ** 26 };
  return new Promise((settle, reject) => {
    execFile(process.execPath, [main, ...args], options, (error, _stdout, stderr) => {
      if (error === null) settle(stderr);
      else reject(error);
    });
  });
}

describe('a model directory', () => {
  it('is told file by file', async () => {
    const text = formatDirectory(await inspectDirectory(place('model')));
    expect(text).toMatch(/^config\.json +[\d.]+ k?B {2}gpt: 2 layers, 2 heads, 16 wide, block 8, vocabulary 11$/m);
    expect(text).toMatch(/^model\.safetensors +[\d.]+ kB {2}\d+ tensors of [\d,]+ numbers$/m);
    expect(text).toMatch(/^onnx\/forward\.onnx +[\d.]+ kB {2}the forward program, opset 18$/m);
    expect(await succeed(['inspect', 'model'], cwd)).toContain('the forward program, opset 18');
  });

  it('tells which of its files are damaged', async () => {
    mkdirSync(place('damaged'));
    write('damaged/config.json', '{"n_layer": ');
    write('damaged/model.safetensors', 'short');
    const { files, problems } = await inspectDirectory(place('damaged'));
    expect(files.map(({ description }) => description)).toEqual(['damaged', 'damaged']);
    expect(problems).toEqual([
      expect.stringMatching(/config\.json is not JSON/),
      expect.stringMatching(/model\.safetensors is cut short/),
    ]);
  });

  it('has weights that can be looked at by themselves', async () => {
    const report = await inspectSafetensors(place('model/model.safetensors'), true);
    const { statistics } = report.tensors.find(({ name }) => name === 'transformer.wte.weight') ?? {};
    const data = weights.get('transformer.wte.weight') ?? [];
    expect(statistics).toMatchObject({ smallest: Math.min(...data), largest: Math.max(...data) });
    expect(formatSafetensors(report, true)).toMatch(/^format {2}pt$/m);
    expect(JSON.parse(await succeed(['inspect', 'model/model.safetensors', '--json'], cwd)).tensors).toHaveLength(
      report.tensors.length,
    );
  });
});
