import { UserError } from '../../errors.ts';
import { readModelSummary } from '../../onnx/metadata.ts';
import { EngineSession } from '../engine-session.ts';
import { messageOf } from '../errors.ts';
import { passedOver } from '../passed-over.ts';
import { describeProgram, readState, suitedOptions } from '../program.ts';
import type { OpenOptions, Session } from '../session.ts';
import { chooseDevice } from './choose-device.ts';
import { createWebEngine, webQueue } from './engine.ts';

/** Opens a model in this very thread. @param copies see `EngineSession` */
export async function openHere(model: Uint8Array | string, options: OpenOptions, copies: boolean): Promise<Session> {
  const { signal } = options;
  signal?.throwIfAborted();
  const { device, notices } = await chooseDevice(options.device, options);
  const bytes = typeof model === 'string' ? await fetchModel(model, signal) : model;
  const summary = readModelSummary(bytes);
  const openOn = async (name: typeof device, told: readonly string[]): Promise<Session> => {
    const engine = await createWebEngine(name, bytes, readState(summary), suitedOptions(summary, options));
    const program = describeProgram(summary, engine.inputs, engine.outputs);
    return new EngineSession(engine, program, { queue: webQueue, copies, notices: told });
  };
  const isAutomatic = options.device === undefined || options.device === 'auto';
  if (!isAutomatic || device === 'wasm') return openOn(device, notices);
  return openOn(device, notices).catch((error: unknown) =>
    openOn('wasm', [...notices, passedOver(device, 'wasm', error)]),
  );
}

async function fetchModel(address: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const failed = (error: unknown): never => {
    signal?.throwIfAborted();
    throw new UserError(`The model ${address} could not be fetched: ${messageOf(error)}.`, { cause: error });
  };
  const response = await fetch(address, signal === undefined ? {} : { signal }).catch(failed);
  if (!response.ok)
    throw new UserError(`The model ${address} could not be fetched: the server says ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer().catch(failed));
}
