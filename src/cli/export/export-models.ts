import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { type ExportedProgram, exportFiles } from '../../export/export-program.ts';
import { suitsSegments } from '../../export/precision/precision.ts';
import type { TrainedModel } from '../../model-directory/model-directory.ts';
import { makeProgram, type Program, type ProgramOptions, parameterCount, programNames } from '../../programs/index.ts';
import { runRecord } from '../../runs/run-directory.ts';
import { makeDirectory, writeFileAtomic } from '../../storage/atomic-file.ts';
import { type Tokenizer, unitOf } from '../../text/tokenizer.ts';
import type { OptimizerSetup } from '../../train/optimizers/optimizer.ts';
import { presetFor } from '../../train/trainer/presets.ts';
import { formatBytes, formatCount, formatTable } from '../format.ts';
import { opener } from '../running.ts';
import { exportHuggingFace } from './export-hugging-face.ts';
import type { ExportOptions } from './export-options.ts';
import { exportSources, type Outline, type Source } from './export-sources.ts';
import { announce, type ExportedFile, precisionOf } from './exported-file.ts';
import { measuredLosses } from './measured-losses.ts';
import { trialFeeds } from './trial-inputs.ts';

/** `trilu export`: writes programs as .onnx files, runs each once, and prints a table of them. */
export async function exportAndPrint(options: ExportOptions): Promise<void> {
  const files = await exportModels(options);
  process.stdout.write(options.json === true ? `${JSON.stringify(files, null, 2)}\n` : `${tableOf(files)}\n`);
}

function tableOf(files: readonly ExportedFile[]): string {
  const measured = files.some(({ loss }) => loss !== undefined);
  const header = ['file', 'nodes', 'parameters', 'size', 'opset', 'ran in', ...(measured ? ['loss', 'in fp32'] : [])];
  const rows = files.map(({ file, nodes, parameters, bytes, opset, milliseconds, loss, fp32Loss }) => [
    file,
    formatCount(nodes),
    formatCount(parameters),
    formatBytes(bytes),
    `${opset}`,
    `${milliseconds.toFixed(1)} ms`,
    ...(measured ? [loss, fp32Loss].map((value) => value?.toFixed(4) ?? '–') : []),
  ]);
  return formatTable(header, rows);
}

/** Writes the programs of one model, or of the whole ladder. */
export async function exportModels(options: ExportOptions): Promise<ExportedFile[]> {
  checkTogether(options);
  const files: ExportedFile[] = [];
  for (const source of await exportSources(options)) {
    await makeDirectory(source.directory);
    const written =
      options.format === 'hf' ? await exportHuggingFace(source, options) : await exportPrograms(source, options);
    files.push(...written);
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  return files;
}

/** Options that a Hugging Face folder does not use. */
const onlyOnnx = [
  ['--program', 'program'],
  ['--taps', 'taps'],
  ['--attention', 'attention'],
  ['--cache', 'cache'],
  ['--static', 'static'],
  ['--external-data', 'externalData'],
  ['--stop', 'stop'],
  ['--characters', 'characters'],
] as const satisfies readonly (readonly [flag: string, option: keyof ExportOptions])[];

/** Options that can't be combined: when, and the message. */
const contradictions: readonly (readonly [holds: (options: ExportOptions) => boolean, problem: string])[] = [
  ...onlyOnnx.map(
    ([flag, option]) =>
      [
        (options: ExportOptions) => options.format === 'hf' && options[option] !== undefined,
        `${flag} is for --format onnx: a Hugging Face folder has graphs of its own.`,
      ] as const,
  ),
  [({ format, main }) => format === 'onnx' && main !== undefined, '--main is for --format hf.'],
  [
    ({ quantized, dtype }) => quantized !== undefined && dtype !== 'int8' && dtype !== 'int4',
    '--quantized is for --dtype int8 or int4.',
  ],
  [
    (options) => options.program?.includes('train') === true && !isPlain(options),
    'The train program is written in fp32 with the attention form trilu only: leave it out of --program.',
  ],
];

function checkTogether(options: ExportOptions): void {
  const found = contradictions.find(([holds]) => holds(options));
  if (found !== undefined) throw new UserError(found[1], { exitCode: 2 });
}

/** Whether the train program exists with these options. */
function isPlain({ dtype, attention = 'trilu' }: ExportOptions): boolean {
  return dtype === 'fp32' && attention === 'trilu';
}

async function exportPrograms(
  { outline, model, directory, trainedIn }: Source,
  options: ExportOptions,
): Promise<ExportedFile[]> {
  const names = options.program ?? programNames.filter((name) => name !== 'train' || isPlain(options));
  const optimizer = names.includes('train') ? await optimizerOf(outline, trainedIn) : undefined;
  const trials = new Map<string, Promise<ExportedFile>>();
  let saved: Promise<unknown> = Promise.resolve();
  let tried: Promise<unknown> = Promise.resolve();
  for (const name of [...names].sort(longestTrialFirst)) {
    const program = makeProgram(name, outline.model, {
      ...programOptions(outline, options),
      ...(optimizer === undefined ? {} : { optimizer }),
    });
    const file = join(directory, `${name}.onnx`);
    const holdsWeights = program.graph.parameters.length > 0;
    const made = makeFile(program, holdsWeights ? await model() : { ...outline, weights: new Map() }, file, options);
    await saved;
    // While the next file is made, one is written to the disk, and one is tried out on a thread of its own. The train program, which
    // holds no weights, is tried out beside all others, while the weights are drawn.
    const saving = save(file, made);
    const trial = Promise.all([saving, holdsWeights ? tried : undefined]).then(async () => ({
      file,
      ...sizesOf(made),
      parameters: parameterCount(outline.model),
      milliseconds: await tryOut(file, program, model, options),
    }));
    // A failure is thrown where the promise is awaited; until then it must not count as unhandled.
    for (const promise of [saving, trial]) promise.catch(() => undefined);
    saved = saving;
    if (holdsWeights) tried = trial;
    trials.set(name, trial);
  }
  const files = await Promise.all(names.flatMap((name) => trials.get(name) ?? []));
  const losses = await measuredLosses(await model(), trainedIn, options);
  return files.map((file) => ({ ...file, ...losses }));
}

/** ONNX Runtime takes as long to open the train program as all others together, so that is tried out first. */
function longestTrialFirst(left: string, right: string): number {
  return Number(right === 'train') - Number(left === 'train');
}

/** What a run is trained by; of a model that is no run, what it is known to learn well with. */
async function optimizerOf({ model: { definition } }: Outline, trainedIn: string | undefined): Promise<OptimizerSetup> {
  const record = trainedIn === undefined ? undefined : await runRecord(trainedIn, [definition]);
  return (record?.setup ?? presetFor(definition)).optimizer;
}

function programOptions({ tokenizer }: Outline, options: ExportOptions): ProgramOptions {
  const { taps, attention, cache, static: sizes, stop, characters = false, dtype } = options;
  if (characters && tokenizer?.characters === undefined) {
    throw new UserError('--characters needs a model of characters: this one has only ids.', { exitCode: 2 });
  }
  return {
    taps: taps === undefined ? [] : [taps],
    ...(attention === undefined ? {} : { attention }),
    ...(cache === undefined ? {} : { cache }),
    ...(sizes === undefined ? {} : { sizes }),
    ...(stop === undefined ? {} : { stop: idOf(stop, tokenizer) }),
    segmented: suitsSegments({ dtype }),
    ...(characters && tokenizer?.characters !== undefined ? { characters: tokenizer.characters } : {}),
  };
}

function idOf(stop: string, tokenizer: Tokenizer | undefined): number {
  const [id, more] = idsOf(stop, tokenizer);
  if (id !== undefined && more === undefined) return id;
  const unit = unitOf(tokenizer ?? {});
  throw new UserError(`--stop must be one ${unit} of the model's vocabulary, not ${JSON.stringify(stop)}.`, {
    exitCode: 2,
  });
}

function idsOf(text: string, tokenizer: Tokenizer | undefined): ArrayLike<number> & Iterable<number> {
  try {
    return tokenizer?.encode(text) ?? [];
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

/** The bytes of a program's files. */
function makeFile(
  program: Program,
  { weights, tokenizer }: TrainedModel,
  file: string,
  options: ExportOptions,
): ExportedProgram {
  announce(file);
  const { opset, externalData = false } = options;
  const exported = exportFiles(
    program,
    { weights, tokenizer, precision: precisionOf(options), ...(opset === undefined ? {} : { opset }) },
    externalData ? `${program.name}.onnx.data` : undefined,
  );
  if (options.dtype !== 'fp32' && exported.converted.length === 0) {
    process.stderr.write(`${file} stays in float32: it has no weights that a matrix product reads.\n`);
  }
  return exported;
}

async function save(file: string, { model, data }: ExportedProgram): Promise<void> {
  // The model comes last: it can't be used without its weights.
  if (data !== undefined) await writeFileAtomic(`${file}.data`, data);
  await writeFileAtomic(file, model);
}

function sizesOf({ program, opset, model, data }: ExportedProgram): Pick<ExportedFile, 'nodes' | 'bytes' | 'opset'> {
  return { nodes: countNodes(program.graph), bytes: model.length + (data?.length ?? 0), opset };
}

/** Runs a file once, as a step, so that its state stays on the device. @returns the time in milliseconds */
async function tryOut(file: string, program: Program, model: Source['model'], options: ExportOptions): Promise<number> {
  const session = await opener(options)(file);
  try {
    const { weights, tokenizer } = await model();
    const carried = new Set(program.state.map(({ input }) => input));
    const feeds = Object.entries(trialFeeds(program, weights, tokenizer?.characters));
    await session.setState(Object.fromEntries(feeds.filter(([name]) => carried.has(name))));
    const started = performance.now();
    await session.step(Object.fromEntries(feeds.filter(([name]) => !carried.has(name))));
    return performance.now() - started;
  } finally {
    await session.dispose();
  }
}

/** The nodes of a graph, with those inside of Scan and Loop. */
function countNodes({ nodes }: Pick<Program['graph'], 'nodes'>): number {
  return nodes.reduce(
    (sum, { bodies }) => Object.values(bodies).reduce((inner, body) => inner + countNodes(body), sum + 1),
    0,
  );
}
