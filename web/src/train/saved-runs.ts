import * as v from 'valibot';
import { defineModel } from '../../../models/index.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  type Metrics,
  parameterCount,
  type Sample,
  type TrainedModel,
  UserError,
  weightsOf,
} from '../../../src/index.ts';
import type { RunHistory, SavedRun } from './protocol.ts';
import { readRunFile, readRunText, runIds, writeRunFile } from './run-store.ts';

/** Two places that checkpoints are written to in turn, so that one of them is whole at any moment. */
const slots = ['checkpoint.0', 'checkpoint.1'] as const;

/** Names of a run's other files. */
export const storedFiles = {
  description: 'run.json',
  text: 'text.txt',
  metrics: 'metrics.jsonl',
  samples: 'samples.jsonl',
  best: 'best.safetensors',
} as const;

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
  /** Which of the slots was written last. */
  slot: v.picklist([0, 1]),
});

type Description = v.InferOutput<typeof descriptionSchema>;

/** Whether an id is that of a run. */
export function isRunId(id: string): boolean {
  return id.startsWith('run-');
}

/** An id that no run has had. */
export function newRunId(): string {
  return `run-${Date.now().toString(36)}-${crypto.getRandomValues(new Uint16Array(1))[0]?.toString(36)}`;
}

/** The runs that this browser keeps, the one saved last first. Where it keeps nothing there are none. */
export async function savedRuns(): Promise<readonly SavedRun[]> {
  const ids = await runIds().catch(() => []);
  const runs = await Promise.all(
    ids.filter(isRunId).map(async (id): Promise<SavedRun[]> => {
      const description = await descriptionOf(id);
      return description === undefined ? [] : [savedRun(id, description)];
    }),
  );
  return runs.flat().sort((one, other) => other.saved - one.saved);
}

function savedRun(id: string, { slot: _slot, ...description }: Description): SavedRun {
  return { ...description, id, bestLoss: description.bestLoss ?? undefined };
}

async function descriptionOf(id: string): Promise<Description | undefined> {
  const json = (await readRunText(id, storedFiles.description)) ?? '';
  // One that the page was closed upon is no JSON: the next checkpoint writes it anew.
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), descriptionSchema), json);
  return parsed.success ? parsed.output : undefined;
}

/** Keeps a checkpoint. The one before stays until this one is whole. */
export async function saveCheckpoint(
  id: string,
  { name, textName, ...checkpoint }: Checkpoint & { readonly name: string; readonly textName: string },
): Promise<SavedRun> {
  const before = await descriptionOf(id);
  const slot = before?.slot === 0 ? 1 : 0;
  const { record } = checkpoint;
  await writeRunFile(id, slots[slot], await encodeCheckpoint(checkpoint));
  const description: Description = {
    slot,
    name,
    textName,
    step: record.step,
    steps: record.setup.steps,
    stage: record.config.model,
    characters: record.data.characters,
    parameters: parameterCount(defineModel(record.config)),
    batch: record.setup.batch,
    blockSize: record.config.blockSize,
    bestLoss: record.best?.validationLoss,
    saved: Date.now(),
  };
  await writeRunFile(id, storedFiles.description, [JSON.stringify(description)]);
  return savedRun(id, description);
}

/**
 * The last checkpoint of a run that is whole.
 * @throws UserError when there is none
 */
export async function loadCheckpoint(id: string): Promise<Checkpoint> {
  let last: Checkpoint | undefined;
  for (const slot of slots) {
    const file = await readRunFile(id, slot);
    if (file === undefined) continue;
    try {
      const checkpoint = await decodeCheckpoint(new Uint8Array(await file.arrayBuffer()), slot);
      if (last === undefined || checkpoint.record.step > last.record.step) last = checkpoint;
    } catch (error) {
      // One that was being written when the page was closed is passed over: the other is whole.
      if (!(error instanceof UserError)) throw error;
    }
  }
  if (last !== undefined) return last;
  throw new UserError('There is no whole checkpoint of this run any more: it may have been deleted in another tab.');
}

/** Name and text of a run, for its list. */
export async function runNames(id: string): Promise<{ readonly name: string; readonly textName: string }> {
  const { name = id, textName = storedFiles.text } = (await descriptionOf(id)) ?? {};
  return { name, textName };
}

/** The model of a run, as it was at its last checkpoint. */
export async function runModel(
  id: string,
): Promise<{ readonly name: string; readonly step: number; readonly trained: TrainedModel }> {
  const { record, state } = await loadCheckpoint(id);
  const { config, vocabulary, step } = record;
  const { name } = await runNames(id);
  return { name, step, trained: { config, vocabulary, weights: weightsOf(defineModel(config), state) } };
}

/** What was told of a run up to a step. Lines that are damaged are left out. */
export async function historyOf(id: string, upTo: number): Promise<RunHistory> {
  const metrics = await linesOf<Metrics>(id, storedFiles.metrics, 'loss');
  const samples = await linesOf<Sample>(id, storedFiles.samples, 'text');
  return { metrics: upToStep(metrics, upTo), samples: upToStep(samples, upTo) };
}

function upToStep<Line extends { readonly step: number }>(lines: readonly Line[], step: number): readonly Line[] {
  return lines.filter((line) => line.step <= step);
}

async function linesOf<Line>(id: string, name: string, key: string): Promise<readonly Line[]> {
  const text = (await readRunText(id, name)) ?? '';
  return text.split('\n').flatMap((json): Line[] => {
    try {
      const line: unknown = JSON.parse(json);
      return typeof line === 'object' && line !== null && key in line && 'step' in line ? [line as Line] : [];
    } catch {
      return [];
    }
  });
}

/** Begins the logs anew behind a checkpoint: lines of steps that are no longer part of the run go. */
export async function rewindLogs(id: string, step: number): Promise<void> {
  const { metrics, samples } = await historyOf(id, step);
  await writeLines(id, storedFiles.metrics, metrics);
  await writeLines(id, storedFiles.samples, samples);
}

/** Replaces a log. */
export function writeLines(id: string, name: string, lines: readonly object[]): Promise<void> {
  return writeRunFile(id, name, [lines.map((line) => `${JSON.stringify(line)}\n`).join('')]);
}
