import * as v from 'valibot';
import { type TrainedModel, UserError } from '../../../src/index.ts';
import {
  BrowserRun,
  browserRunFiles,
  browserRunIds,
  type Checkpoint,
  decodeCheckpoint,
  decodeUtf8,
  type FileStore,
  type FileToWrite,
  type FoundCheckpoint,
  lastCheckpoint,
  parameterCount,
  readMetrics,
  readSamples,
  runFiles,
  type TrainerRecord,
  weightsOf,
} from '../../../src/parts.ts';
import type { RunHistory, SavedRun } from './protocol.ts';

/** The file that says of a run what a list shows. */
const descriptionFile = 'run.json';

/** Where the app kept checkpoints before it kept run directories: two places that were written to in turn. */
const formerCheckpoints = ['checkpoint.0', 'checkpoint.1'] as const;

/** What is known of a run beside its checkpoint: written after each, read for lists, never relied on. */
const descriptionSchema = v.object({
  name: v.string(),
  textName: v.string(),
  step: v.number(),
  steps: v.number(),
  stage: v.string(),
  characters: v.number(),
  parameters: v.number(),
  batch: v.number(),
  blockSize: v.number(),
  bestLoss: v.nullish(v.number(), undefined),
  saved: v.number(),
});

type Description = v.InferOutput<typeof descriptionSchema>;

/** Whether an id is that of a run. */
export function isRunId(id: string): boolean {
  return id.startsWith('run-');
}

/** An id that no run has had. */
function newRunId(): string {
  return `run-${Date.now().toString(36)}-${crypto.getRandomValues(new Uint16Array(1))[0]?.toString(36)}`;
}

/** The runs that this browser keeps, the one saved last first. Where it keeps nothing there are none. */
export async function savedRuns(): Promise<readonly SavedRun[]> {
  const ids = await browserRunIds().catch(() => []);
  const runs = await Promise.all(
    ids.filter(isRunId).map(async (id): Promise<SavedRun[]> => {
      const description = await descriptionOf(id);
      return description === undefined ? [] : [savedRun(id, description)];
    }),
  );
  return runs.flat().sort((one, other) => other.saved - one.saved);
}

function savedRun(id: string, description: Description): SavedRun {
  return { ...description, id, bestLoss: description.bestLoss ?? undefined };
}

async function descriptionOf(id: string): Promise<Description | undefined> {
  const files = browserRunFiles(id);
  if (!(await files.list('')).includes(descriptionFile)) return undefined;
  const json = decodeUtf8(await files.read(descriptionFile, 'the description'), descriptionFile);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), descriptionSchema), json);
  return parsed.success ? parsed.output : undefined;
}

/** What a run is called, and the text that it learns. */
export interface RunNames {
  readonly name: string;
  readonly textName: string;
}

/** Writes what lists show of a run whose checkpoint is kept. */
export async function describeRun(
  { id, files }: BrowserRun,
  record: TrainerRecord,
  { name, textName }: RunNames,
): Promise<SavedRun> {
  const description: Description = {
    name,
    textName,
    step: record.step,
    steps: record.setup.steps,
    stage: record.model.name,
    characters: record.data.characters,
    parameters: parameterCount(record.model),
    batch: record.setup.batch,
    blockSize: record.model.block,
    bestLoss: record.best?.validationLoss,
    saved: Date.now(),
  };
  await files.write('', [[descriptionFile, JSON.stringify(description)]]);
  return savedRun(id, description);
}

/** Keeps a new run's first checkpoint, and the files that come with it. */
export async function keepNewRun(
  checkpoint: Checkpoint,
  names: RunNames,
  given: readonly (readonly [folder: string, files: readonly FileToWrite[]])[],
): Promise<SavedRun> {
  const run = await BrowserRun.open(newRunId());
  try {
    for (const [folder, files] of given) await run.files.write(folder, files);
    await run.save(checkpoint, { keep: 0 });
    return await describeRun(run, checkpoint.record, names);
  } finally {
    await run.release();
  }
}

/**
 * The last checkpoint of a run that is whole.
 * @throws UserError when there is none
 */
export async function loadCheckpoint(id: string): Promise<FoundCheckpoint> {
  const files = browserRunFiles(id);
  try {
    return (await formerCheckpoint(files)) ?? (await lastCheckpoint(files));
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError('There is no whole checkpoint of this run any more: it may have been deleted in another tab.', {
      cause,
    });
  }
}

async function formerCheckpoint(files: FileStore): Promise<FoundCheckpoint | undefined> {
  const there = await files.list('');
  let last: Checkpoint | undefined;
  for (const name of formerCheckpoints) {
    if (!there.includes(name) || there.includes(runFiles.state)) continue;
    try {
      const checkpoint = await decodeCheckpoint(await files.read(name, 'the training state'), name);
      if (last === undefined || checkpoint.record.step > last.record.step) last = checkpoint;
    } catch (error) {
      // One that was being written when the page was closed is passed over: the other is whole.
      if (!(error instanceof UserError)) throw error;
    }
  }
  return last === undefined ? undefined : { checkpoint: last, passedOver: [] };
}

/** Removes what the app kept of a run before, once the run is kept as a directory. */
export async function removeFormer({ files }: BrowserRun): Promise<void> {
  const there = await files.list('');
  for (const name of [...formerCheckpoints, 'best.safetensors']) if (there.includes(name)) await files.remove(name);
}

/** Name and text of a run, for its list. */
export async function runNames(id: string): Promise<RunNames> {
  const { name = id, textName = runFiles.text } = (await descriptionOf(id)) ?? {};
  return { name, textName };
}

/** The model of a run, as it was at its last checkpoint. */
export async function runModel(
  id: string,
): Promise<{ readonly name: string; readonly step: number; readonly trained: TrainedModel }> {
  const {
    checkpoint: { record, state },
  } = await loadCheckpoint(id);
  const { model, tokenizer, step } = record;
  const { name } = await runNames(id);
  return { name, step, trained: { model, tokenizer, weights: weightsOf(model, state) } };
}

/** What was told of a run up to a step. Lines that are damaged are left out. */
export async function historyOf(id: string, upTo: number): Promise<RunHistory> {
  const files = browserRunFiles(id);
  return { metrics: await readMetrics(files, upTo), samples: await readSamples(files, upTo) };
}
