import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineModel, modelConfig, modelNames } from '../../../models/index.ts';
import { UserError } from '../../errors.ts';
import { exportProgram } from '../../export/export-program.ts';
import type { TrainedModel } from '../../export/model-directory.ts';
import { makeProgram, modelParameters, type Program, programNames } from '../../programs/index.ts';
import { readModelDirectory } from '../../runs/run-directory.ts';
import { makeDirectory, writeFileAtomic } from '../../storage/atomic-file.ts';
import { CharacterTokenizer } from '../../text/tokenizer.ts';
import { initialize } from '../../train/initialize.ts';
import { presetFor } from '../../trainer/setup.ts';
import { loadCorpus } from '../corpus.ts';
import type { ExportOptions } from '../export.ts';
import { formatBytes, formatCount, formatTable } from '../format.ts';
import { opener } from '../running.ts';
import { trialFeeds } from '../trial.ts';

/** What was written, a row a file. */
interface ExportedFile {
  readonly file: string;
  readonly nodes: number;
  readonly parameters: number;
  readonly bytes: number;
  readonly opset: number;
  /** How long the trial run took. */
  readonly milliseconds: number;
}

/** `trilu export`: writes programs as .onnx files, runs each once, and prints a table of them. */
export async function runExport(options: ExportOptions): Promise<void> {
  const files = await exportModels(options);
  const rows = files.map(({ file, nodes, parameters, bytes, opset, milliseconds }) => [
    file,
    formatCount(nodes),
    formatCount(parameters),
    formatBytes(bytes),
    `${opset}`,
    `${milliseconds.toFixed(1)} ms`,
  ]);
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(files, null, 2)}\n`
      : `${formatTable(['file', 'nodes', 'parameters', 'size', 'opset', 'ran in'], rows)}\n`,
  );
}

/** Writes the programs of one model, or of the whole ladder. */
export async function exportModels(options: ExportOptions): Promise<ExportedFile[]> {
  const files: ExportedFile[] = [];
  for (const { model, directory } of await sources(options)) {
    await makeDirectory(directory);
    for (const name of options.program ?? programNames) {
      const program = makeProgram(name, defineModel(model.config), {
        optimizer: presetFor(model.config.model).optimizer,
        taps: options.taps === undefined ? [] : [options.taps],
      });
      const file = join(directory, `${name}.onnx`);
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${file} …`);
      files.push(await exportOne(program, model, file, options));
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  return files;
}

async function exportOne(
  program: Program,
  model: TrainedModel,
  file: string,
  options: ExportOptions,
): Promise<ExportedFile> {
  const { weights, vocabulary } = model;
  const { opset } = options;
  const bytes = exportProgram(program, { opset, weights, vocabulary });
  await writeFileAtomic(file, bytes);
  const session = await opener(options)(file);
  try {
    const feeds = trialFeeds(program, weights);
    const started = performance.now();
    await session.run(feeds);
    const milliseconds = performance.now() - started;
    const parameters = [...weights.values()].reduce((sum, { length }) => sum + length, 0);
    const nodes = countNodes(program.graph);
    return { file, nodes, parameters, bytes: bytes.length, opset, milliseconds };
  } finally {
    await session.dispose();
  }
}

/** All nodes of a graph, those inside of Scan and Loop included. */
function countNodes({ nodes }: Pick<Program['graph'], 'nodes'>): number {
  return nodes.reduce(
    (sum, { bodies }) => Object.values(bodies).reduce((inner, body) => inner + countNodes(body), sum + 1),
    0,
  );
}

interface Source {
  readonly model: TrainedModel;
  readonly directory: string;
}

async function sources({ source, out, seed = 1337, data }: ExportOptions): Promise<readonly Source[]> {
  if (source !== undefined && !modelNames.includes(source)) {
    requireDirectory(source);
    return [{ model: await readModelDirectory(source), directory: out ?? join(source, 'onnx') }];
  }
  const { vocabulary } = CharacterTokenizer.fromText((await loadCorpus(data)).text);
  const names = source === undefined ? modelNames : [source];
  return names.map((name) => ({ model: untrained(name, vocabulary, seed), directory: join(out ?? 'out', name) }));
}

function untrained(name: string, vocabulary: readonly string[], seed: number): TrainedModel {
  const config = modelConfig(name, { vocabularySize: vocabulary.length });
  return { config, vocabulary, weights: initialize(modelParameters(defineModel(config)), seed) };
}

function requireDirectory(source: string): void {
  const found = statSync(source, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  const hint = found === undefined ? '' : ` Its folder, ${dirname(source)}, may be one.`;
  throw new UserError(
    `${source} is neither a model of the ladder (${modelNames.join(', ')}) nor a model directory.${hint}`,
    { exitCode: 2 },
  );
}
