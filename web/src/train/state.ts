import { batch, computed, signal } from '@preact/signals';
import { proxy } from 'comlink';
import type { Metrics, Sample } from '../../../src/parts.ts';
import { engine } from '../engine/start.ts';
import type { DeviceChoice, NamedFile } from '../models/model-info.ts';
import { messageOf } from '../shared/errors.ts';
import { saveFile } from '../shared/save-file.ts';
import type { ExportedProgramName, MissingText, NewRunRequest, RunEvent, SavedRun } from './protocol.ts';

/** What a run is doing. `pausing` and `stopping` wait for the steps under way. */
export type Activity = 'idle' | 'starting' | 'training' | 'pausing' | 'stopping';

/** What the view shows stays when another view is looked at, and training goes on. */
export const runs = signal<readonly SavedRun[]>([]);
export const current = signal<SavedRun | undefined>(undefined);
export const activity = signal<Activity>('idle');
export const metrics = signal<readonly Metrics[]>([]);
export const samples = signal<readonly Sample[]>([]);
export const problem = signal<string | undefined>(undefined);
export const note = signal<string | undefined>(undefined);
export const device = signal<DeviceChoice>('auto');
/** Where the run under way is computed. */
export const usedDevice = signal<string | undefined>(undefined);
export const notices = signal<readonly string[]>([]);
/** A run from elsewhere whose text is asked for. */
export const waiting = signal<({ readonly files: readonly NamedFile[] } & MissingText) | undefined>(undefined);
/** Whether the run that is shown was stopped, and not merely paused. */
export const stopped = signal(false);
/** What is being written to a file. */
export const exporting = signal<string | undefined>(undefined);
/** The step of the last report: further than the last checkpoint. */
export const step = computed(() => metrics.value.at(-1)?.step ?? current.value?.step ?? 0);

const trainer = () => engine('training');

/** Whether the engine is at work for a run. */
export function isBusy(): boolean {
  return activity.value !== 'idle';
}

/** Reads the list of runs, and shows the one that was saved last, unless one is shown. */
export async function refreshRuns(): Promise<void> {
  await tell(async () => {
    runs.value = await trainer().runs();
    const shown = current.value?.id;
    const found = runs.value.find(({ id }) => id === shown) ?? runs.value[0];
    if (!isBusy() && found !== undefined) await showRun(found);
  });
}

/** Shows a run as it was at its last checkpoint. */
export async function showRun(run: SavedRun): Promise<void> {
  const history = await trainer().history(run.id, run.step);
  batch(() => {
    current.value = run;
    metrics.value = history.metrics;
    samples.value = history.samples;
    usedDevice.value = undefined;
    notices.value = [];
    stopped.value = false;
  });
}

/** Makes a run and trains it. */
export async function startRun(request: NewRunRequest): Promise<void> {
  if (isBusy()) return;
  activity.value = 'starting';
  await tell(async () => {
    const run = await trainer().newRun(request);
    await showRun(run);
    await follow(run, run.steps);
  });
  activity.value = 'idle';
}

/** Goes on with the run that is shown, up to so many steps in all. */
export async function resumeRun(steps: number): Promise<void> {
  const run = current.value;
  if (run === undefined || isBusy()) return;
  activity.value = 'starting';
  await tell(() => follow(run, steps));
  activity.value = 'idle';
}

async function follow(run: SavedRun, steps: number): Promise<void> {
  stopped.value = false;
  current.value = { ...run, steps };
  const onEvent = (event: RunEvent): void => batch(() => take(event));
  await trainer().train({ id: run.id, device: device.value, steps }, proxy(onEvent));
}

/** How each event changes what is shown. */
function take(event: RunEvent): void {
  if (event.kind === 'opened') {
    usedDevice.value = event.device;
    notices.value = event.notices;
  } else if (event.kind === 'metrics') {
    if (activity.value === 'starting') activity.value = 'training';
    const before = metrics.value.filter((line) => line.step < event.metrics.step);
    metrics.value = [...before, event.metrics];
  } else if (event.kind === 'sample') {
    samples.value = [...samples.value, event.sample];
  } else if (event.kind === 'saved') {
    current.value = event.run;
    runs.value = [event.run, ...runs.value.filter(({ id }) => id !== event.run.id)];
  } else {
    note.value = `Step ${event.step} was skipped: its loss or gradient was not finite.`;
  }
}

/** Pauses after the steps under way, to go on soon; or stops, and is done. Either way the run is kept. */
export function haltRun(activityUntilThen: 'pausing' | 'stopping'): void {
  if (!isBusy()) return;
  activity.value = activityUntilThen;
  stopped.value = activityUntilThen === 'stopping';
  void trainer().pauseTraining();
}

/** Takes a run from elsewhere, and shows it. */
export async function takeFiles(files: readonly NamedFile[]): Promise<void> {
  if (isBusy()) return;
  const all = [...(waiting.value?.files ?? []), ...files];
  await tell(async () => {
    const taken = await trainer().takeRun(all);
    if ('missing' in taken) {
      if (waiting.value !== undefined) problem.value = `This is not the text that the run was trained on.`;
      waiting.value = { ...taken, files: waiting.value?.files ?? files };
      return;
    }
    waiting.value = undefined;
    runs.value = [taken, ...runs.value];
    await showRun(taken);
  });
}

/** Removes a run for good. */
export async function removeRun({ id }: SavedRun): Promise<void> {
  await tell(async () => {
    await trainer().removeRun(id);
    runs.value = runs.value.filter((run) => run.id !== id);
    if (current.value?.id !== id) return;
    batch(() => {
      current.value = undefined;
      metrics.value = [];
      samples.value = [];
    });
  });
}

/** Saves the run that is shown as a zip. */
export function exportZip(): Promise<void> {
  return save('the zip', (id) => engine().runZip(id));
}

/** Saves one of its programs. */
export function exportProgram(name: ExportedProgramName): Promise<void> {
  return save(`the ${name} program`, (id) => engine().programFile(id, name));
}

async function save(
  what: string,
  make: (id: string) => Promise<{ readonly name: string; readonly content: Blob }>,
): Promise<void> {
  const run = current.value;
  if (run === undefined || exporting.value !== undefined) return;
  exporting.value = what;
  await tell(async () => saveFile(await make(run.id)));
  exporting.value = undefined;
}

/** Does something, and tells of it when it fails. */
async function tell(act: () => Promise<void>): Promise<void> {
  batch(() => {
    problem.value = undefined;
    note.value = undefined;
  });
  try {
    await act();
  } catch (error) {
    problem.value = messageOf(error);
  }
}
