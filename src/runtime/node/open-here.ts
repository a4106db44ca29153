import { readFile } from 'node:fs/promises';
import { UserError } from '../../errors.ts';
import { readModelSummary } from '../../onnx/metadata.ts';
import { backendOf } from '../devices/device.ts';
import { nodeDevices } from '../devices/node/node-devices.ts';
import { EngineSession } from '../engine-session.ts';
import { describeProgram, readState, withProgramDefaults } from '../program-description.ts';
import type { RemoteOptions } from '../remote-protocol.ts';
import { messageOf } from '../runtime-error.ts';
import type { Session } from '../session.ts';
import { webQueue } from '../web/engine.ts';
import { createNodeEngine, type NodeModel } from './engine.ts';
import { nodeRuntime } from './look.ts';

/** Opens a model in this very thread. @param copies see `EngineSession` */
export async function openHere(model: Uint8Array | string, options: RemoteOptions, copies: boolean): Promise<Session> {
  options.signal?.throwIfAborted();
  const { device: name = 'auto', added = [] } = options;
  const device = name === 'auto' ? nodeDevices.fallback : nodeDevices.with(added).named(name);
  const backend = backendOf(device, nodeRuntime, options);
  const file: Omit<NodeModel, 'state'> = typeof model === 'string' ? await readModel(model) : { bytes: model };
  const summary = readModelSummary(file.bytes, typeof model === 'string' ? model : undefined);
  options.signal?.throwIfAborted();
  const engine = await createNodeEngine(
    backend,
    { ...file, state: readState(summary) },
    withProgramDefaults(summary, options),
  );
  const program = describeProgram(summary, engine.inputs, engine.outputs);
  return new EngineSession(engine, program, {
    copies,
    ...(backend.runtime === nodeRuntime ? {} : { queue: webQueue }),
  });
}

async function readModel(path: string): Promise<Omit<NodeModel, 'state'>> {
  try {
    return { path, bytes: await readFile(path) };
  } catch (error) {
    throw new UserError(`The model ${path} can't be read: ${messageOf(error)}.`, { cause: error });
  }
}
