import { defineModel } from '../../../models/index.ts';
import { initialState, runFiles, UserError } from '../../../src/index.ts';
import { bytesOf } from '../models/files.ts';
import type { NamedFile } from '../models/model-info.ts';
import { programFile, runZip, type SavedFile } from './exports.ts';
import { takeRun } from './import-run.ts';
import type {
  ExportedProgramName,
  MissingText,
  NewRunRequest,
  RunEvent,
  RunHistory,
  SavedRun,
  StageChoice,
  TrainingText,
  TrainRequest,
} from './protocol.ts';
import { holdRun, readRunFile, removeRun, writeRunFile } from './run-store.ts';
import {
  historyOf,
  loadCheckpoint,
  newRunId,
  rewindLogs,
  runNames,
  saveCheckpoint,
  savedRuns,
  storedFiles,
} from './saved-runs.ts';
import { forPage, recordFor, stageChoices } from './stages.ts';
import { readText } from './texts.ts';
import { train } from './training.ts';

let underWay: AbortController | undefined;

/** What the page may ask of the engine about training. */
export const trainCalls = {
  /** The ladder with its settings. */
  stageSettings: (): readonly StageChoice[] => stageChoices(),

  /** The runs that this browser keeps. */
  runs: (): Promise<readonly SavedRun[]> => savedRuns(),

  /** What was told of a run up to its last checkpoint. */
  history: (id: string, step: number): Promise<RunHistory> => historyOf(id, step),

  /**
   * Makes a run, at step 0, with weights drawn from its seed.
   * @throws UserError for sizes that don't fit together, and a text that is too short for them
   */
  async newRun({ name, text: given, settings, device }: NewRunRequest): Promise<SavedRun> {
    const text = await readText(given);
    const drawn = recordFor(settings, text, device);
    const path = given.kind === 'own' ? runFiles.text : undefined;
    const record = { ...drawn, data: { ...drawn.data, path } };
    const state = initialState(defineModel(record.config), settings.seed);
    const id = newRunId();
    if (given.kind === 'own') await writeRunFile(id, storedFiles.text, [text.bytes]);
    return saveCheckpoint(id, { record, state, name, textName: text.name });
  },

  /**
   * Takes a run that the command line made, or that was exported here: its directory, or a zip of it.
   * @returns the run; or which text it lacks, to be called again with the text among the files
   * @throws UserError when there is no run among the files, or it is damaged
   */
  takeRun: (files: readonly NamedFile[]): Promise<SavedRun | MissingText> => takeRun(files),

  /**
   * Trains a run to its last step, or until it is paused.
   * @throws UserError when another tab trains it, or nothing is learned any more
   */
  async train({ id, device, steps }: TrainRequest, onEvent: (event: RunEvent) => void): Promise<void> {
    const pause = new AbortController();
    underWay = pause;
    await holdRun(id, async () => {
      const { record, state } = await loadCheckpoint(id);
      const { name, textName } = await runNames(id);
      const text = await readText(await textOf(id, record.data.path, textName));
      if (text.sha256 !== record.data.sha256) {
        throw new UserError(`${textName} is not the text that this run was trained on any more: import the run anew.`);
      }
      await rewindLogs(id, record.step);
      const setup = forPage({ ...record.setup, steps }, record.config);
      const checkpoint = { record: { ...record, setup }, state };
      await train({ id, name, checkpoint, text, device, signal: pause.signal, onEvent });
    });
  },

  /** Ends the training under way after the steps that it is at; all is kept. */
  pauseTraining(): void {
    underWay?.abort();
  },

  /** Removes a run for good. */
  removeRun: (id: string): Promise<void> => holdRun(id, () => removeRun(id)),

  /** One of a run's programs as an .onnx file. */
  programFile: (id: string, name: ExportedProgramName): Promise<SavedFile> => programFile(id, name),

  /** A run as a zip of its directory. */
  runZip: (id: string): Promise<SavedFile> => runZip(id),
};

async function textOf(id: string, path: string | undefined, name: string): Promise<TrainingText> {
  if (path === undefined) return { kind: 'embedded' };
  const file = await readRunFile(id, storedFiles.text);
  if (file === undefined) throw new UserError('The text of this run is no longer here: import the run anew.');
  // A file that is read while it is written would be half a text.
  return { kind: 'own', name, text: new Blob([await bytesOf(file, name)]) };
}
