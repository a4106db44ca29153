import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { InferenceSession } from 'onnxruntime-node';
import { messageOf, RuntimeError } from '../errors.ts';
import { processFile } from './process-file.ts';

/** What the process is told, as JSON. */
export interface PlacementTask {
  readonly model: string;
  readonly sessionOptions: InferenceSession.SessionOptions;
}

/** The longest that loading may take, in milliseconds: a GPU's driver may have to start. */
const patience = 120_000;

/**
 * What ONNX Runtime logs while it loads a model: it writes straight to the process's standard error, so a process of its
 * own loads the model for it.
 * @throws RuntimeError kind `load` when it can't be loaded
 */
export async function placementLog(
  model: string | Uint8Array,
  sessionOptions: InferenceSession.SessionOptions,
): Promise<string> {
  const folder = typeof model === 'string' ? undefined : await mkdtemp(join(tmpdir(), 'trilu-'));
  try {
    const path = typeof model === 'string' ? model : join(folder ?? '', 'model.onnx');
    if (typeof model !== 'string') await writeFile(path, model);
    const task: PlacementTask = { model: path, sessionOptions };
    const { stderr } = await promisify(execFile)(
      process.execPath,
      [...processFile('placement-process'), JSON.stringify(task)],
      {
        timeout: patience,
        maxBuffer: 2 ** 30,
      },
    );
    return stderr;
  } catch (error) {
    throw new RuntimeError('load', `Which nodes run where could not be found out: ${messageOf(error).slice(-500)}`, {
      cause: error,
    });
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
