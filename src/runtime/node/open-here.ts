import { readFile } from 'node:fs/promises';
import { UserError } from '../../errors.ts';
import { readModelSummary } from '../../onnx/metadata.ts';
import { EngineSession } from '../engine-session.ts';
import { messageOf } from '../errors.ts';
import { describeProgram, readState, suitedOptions } from '../program.ts';
import type { OpenOptions, Session } from '../session.ts';
import { webQueue } from '../web/engine.ts';
import { createNodeEngine, type NodeModel } from './engine.ts';

/** Opens a model in this very thread. @param copies see `EngineSession` */
export async function openHere(model: Uint8Array | string, options: OpenOptions, copies: boolean): Promise<Session> {
  options.signal?.throwIfAborted();
  const device = options.device === undefined || options.device === 'auto' ? 'cpu' : options.device;
  const file: Omit<NodeModel, 'state'> = typeof model === 'string' ? await readModel(model) : { bytes: model };
  const summary = readModelSummary(file.bytes, typeof model === 'string' ? model : undefined);
  options.signal?.throwIfAborted();
  const engine = await createNodeEngine(
    device,
    { ...file, state: readState(summary) },
    suitedOptions(summary, options),
  );
  const program = describeProgram(summary, engine.inputs, engine.outputs);
  return new EngineSession(engine, program, { copies, ...(device === 'wasm' ? { queue: webQueue } : {}) });
}

async function readModel(path: string): Promise<Omit<NodeModel, 'state'>> {
  try {
    return { path, bytes: await readFile(path) };
  } catch (error) {
    throw new UserError(`The model ${path} can't be read: ${messageOf(error)}.`, { cause: error });
  }
}
