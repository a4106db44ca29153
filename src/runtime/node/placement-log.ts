import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { messageOf, RuntimeError } from '../runtime-error.ts';
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
  const folder = await mkdtemp(join(tmpdir(), 'trilu-'));
  try {
    const path = typeof model === 'string' ? model : join(folder, 'model.onnx');
    if (typeof model !== 'string') await writeFile(path, model);
    return await logOf({ model: path, sessionOptions }, join(folder, 'log'));
  } catch (error) {
    throw new RuntimeError('load', `Which nodes run where could not be found out: ${messageOf(error).slice(-500)}`, {
      cause: error,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Runs the process with a file as its standard error. A pipe would not do: while the thread that reads it is busy it fills up, and
 * ONNX Runtime, which does not wait, says nothing more.
 */
async function logOf(task: PlacementTask, path: string): Promise<string> {
  const file = await open(path, 'w');
  try {
    const child = spawn(process.execPath, [...processFile('placement-process'), JSON.stringify(task)], {
      stdio: ['ignore', 'ignore', file.fd],
      timeout: patience,
    });
    const [code, signal] = await once(child, 'close');
    const log = await readFile(path, 'utf8');
    if (code !== 0) throw new Error(`the process ended with ${String(code ?? signal)}: ${log}`);
    return log;
  } finally {
    await file.close();
  }
}
