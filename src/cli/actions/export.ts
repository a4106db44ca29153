import { join } from 'node:path';
import { defineModel } from '../../../models/index.ts';
import { UserError } from '../../errors.ts';
import { type ExportedProgram, exportFiles } from '../../export/export-program.ts';
import type { TrainedModel } from '../../export/hugging-face/model-directory.ts';
import { suitsSegments } from '../../export/precision/precision.ts';
import { makeProgram, type Program, type ProgramOptions, parameterCount, programNames } from '../../programs/index.ts';
import { makeDirectory, writeFileAtomic } from '../../storage/atomic-file.ts';
import { presetFor } from '../../trainer/presets.ts';
import type { ExportOptions } from '../export.ts';
import { formatBytes, formatCount, formatTable } from '../format.ts';
import { opener } from '../running.ts';
import { trialFeeds } from '../trial.ts';
import { exportHuggingFace } from './export-hugging-face.ts';
import { exportSources, type Outline, type Source } from './export-sources.ts';
import { announce, type ExportedFile, precisionOf } from './exported-file.ts';
import { measuredLosses } from './measured-losses.ts';

/** `trilu export`: writes programs as .onnx files, runs each once, and prints a table of them. */
export async function runExport(options: ExportOptions): Promise<void> {
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

/** Options that say nothing of a Hugging Face folder's graphs. */
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

/** What can't be had together: when, and what to say of it. */
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

/** Whether it is the form in which training exists. */
function isPlain({ dtype, attention = 'trilu' }: ExportOptions): boolean {
  return dtype === 'fp32' && attention === 'trilu';
}

async function exportPrograms(
  { outline, model, directory, trainedIn }: Source,
  options: ExportOptions,
): Promise<ExportedFile[]> {
  const names = options.program ?? programNames.filter((name) => name !== 'train' || isPlain(options));
  const definition = defineModel(outline.config);
  const trials = new Map<string, Promise<ExportedFile>>();
  let saved: Promise<unknown> = Promise.resolve();
  let tried: Promise<unknown> = Promise.resolve();
  for (const name of [...names].sort(longestTrialFirst)) {
    const program = makeProgram(name, definition, programOptions(outline, options));
    const file = join(directory, `${name}.onnx`);
    const holdsWeights = program.graph.parameters.length > 0;
    const made = makeFile(program, holdsWeights ? await model() : { ...outline, weights: new Map() }, file, options);
    await saved;
    // One file is on its way to the disk, and one is tried out on a thread of its own, while the next one is made. What holds no
    // weights (the train program) is opened beside all others, while the weights are drawn.
    const saving = save(file, made);
    const trial = Promise.all([saving, holdsWeights ? tried : undefined]).then(async () => ({
      file,
      ...sizesOf(made),
      parameters: parameterCount(definition),
      milliseconds: await tryOut(file, program, model, options),
    }));
    // A failure is thrown where it is waited for; until then it is not unhandled.
    for (const promise of [saving, trial]) promise.catch(() => undefined);
    saved = saving;
    if (holdsWeights) tried = trial;
    trials.set(name, trial);
  }
  const files = await Promise.all(names.flatMap((name) => trials.get(name) ?? []));
  const losses = await measuredLosses(await model(), trainedIn, options);
  return files.map((file) => ({ ...file, ...losses }));
}

/** ONNX Runtime takes as long to open a train program as all others together. */
function longestTrialFirst(left: string, right: string): number {
  return Number(right === 'train') - Number(left === 'train');
}

function programOptions({ config, vocabulary }: Outline, options: ExportOptions): ProgramOptions {
  const { taps, attention, cache, static: sizes, stop, characters = false, dtype } = options;
  if (characters && vocabulary === undefined) {
    throw new UserError('--characters needs a model of characters: this one has only ids.', { exitCode: 2 });
  }
  return {
    optimizer: presetFor(config.model).optimizer,
    taps: taps === undefined ? [] : [taps],
    ...(attention === undefined ? {} : { attention }),
    ...(cache === undefined ? {} : { cache }),
    ...(sizes === undefined ? {} : { sizes }),
    ...(stop === undefined ? {} : { stop: idOf(stop, vocabulary) }),
    segmented: suitsSegments({ dtype }),
    ...(characters && vocabulary !== undefined ? { characters: vocabulary } : {}),
  };
}

function idOf(stop: string, vocabulary: readonly string[] | undefined): number {
  const id = vocabulary?.indexOf(stop) ?? -1;
  if (id >= 0) return id;
  throw new UserError(`--stop must be one character of the model's vocabulary, not ${JSON.stringify(stop)}.`, {
    exitCode: 2,
  });
}

/** The bytes of a program's files. */
function makeFile(
  program: Program,
  { weights, vocabulary }: TrainedModel,
  file: string,
  options: ExportOptions,
): ExportedProgram {
  announce(file);
  const { opset, externalData = false } = options;
  const exported = exportFiles(
    program,
    { weights, vocabulary, precision: precisionOf(options), ...(opset === undefined ? {} : { opset }) },
    externalData ? `${program.name}.onnx.data` : undefined,
  );
  if (options.dtype !== 'fp32' && exported.converted.length === 0) {
    process.stderr.write(`${file} stays in float32: it has no weights that a matrix product reads.\n`);
  }
  return exported;
}

async function save(file: string, { model, data }: ExportedProgram): Promise<void> {
  // The model comes last: it is nothing without its weights.
  if (data !== undefined) await writeFileAtomic(`${file}.data`, data);
  await writeFileAtomic(file, model);
}

function sizesOf({ program, opset, model, data }: ExportedProgram): Pick<ExportedFile, 'nodes' | 'bytes' | 'opset'> {
  return { nodes: countNodes(program.graph), bytes: model.length + (data?.length ?? 0), opset };
}

/** Runs a file once; a program with state makes a step, so that its state stays where it is. @returns how long that took, in milliseconds */
async function tryOut(file: string, program: Program, model: Source['model'], options: ExportOptions): Promise<number> {
  const session = await opener(options)(file);
  try {
    const { weights, vocabulary } = await model();
    const carried = new Set(program.state.map(({ input }) => input));
    const feeds = Object.entries(trialFeeds(program, weights, vocabulary));
    await session.setState(Object.fromEntries(feeds.filter(([name]) => carried.has(name))));
    const started = performance.now();
    await session.step(Object.fromEntries(feeds.filter(([name]) => !carried.has(name))));
    return performance.now() - started;
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
