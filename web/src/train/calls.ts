import { UserError } from '../../../src/index.ts';
import { BrowserRun, type FileToWrite, initialState, removeBrowserRun, runFiles } from '../../../src/parts.ts';
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
import { historyOf, keepNewRun, loadCheckpoint, removeFormer, runNames, savedRuns } from './saved-runs.ts';
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
    const state = initialState(record.model, record.setup);
    const files: readonly FileToWrite[] = given.kind === 'own' ? [[runFiles.text, text.bytes]] : [];
    return keepNewRun({ record, state }, { name, textName: text.name }, [['', files]]);
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
    const run = await BrowserRun.open(id);
    try {
      const { checkpoint, passedOver } = await loadCheckpoint(id);
      const { record, state } = checkpoint;
      const names = await runNames(id);
      const text = await readText(await textOf(run, record.data.path, names.textName));
      if (text.sha256 !== record.data.sha256) {
        throw new UserError(
          `${names.textName} is not the text that this run was trained on any more: import the run anew.`,
        );
      }
      await run.rewind(record.step, { damaged: passedOver.length > 0 });
      const setup = forPage({ ...record.setup, steps }, record.model);
      const further = { record: { ...record, setup }, state };
      await train({ run, names, checkpoint: further, text, device, signal: pause.signal, onEvent });
      await removeFormer(run);
    } finally {
      await run.release();
    }
  },

  /** Ends the training under way after the steps that it is at; all is kept. */
  pauseTraining(): void {
    underWay?.abort();
  },

  /** Removes a run for good. */
  removeRun: (id: string): Promise<void> => removeBrowserRun(id),

  /** One of a run's programs as an .onnx file. */
  programFile: (id: string, name: ExportedProgramName): Promise<SavedFile> => programFile(id, name),

  /** A run as a zip of its directory. */
  runZip: (id: string): Promise<SavedFile> => runZip(id),
};

async function textOf({ files }: BrowserRun, path: string | undefined, name: string): Promise<TrainingText> {
  if (path === undefined) return { kind: 'embedded' };
  if (!(await files.list('')).includes(runFiles.text)) {
    throw new UserError('The text of this run is no longer here: import the run anew.');
  }
  return {
    kind: 'own',
    name,
    text: new Blob([(await files.read(runFiles.text, 'the text')) as Uint8Array<ArrayBuffer>]),
  };
}
