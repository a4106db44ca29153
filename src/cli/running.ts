import { open } from '../runtime/node/open.ts';
import type { OpenOptions, Session } from '../runtime/session.ts';
import type { RunningOptions } from './options.ts';

/** Opens a model on the device and threads that the command line asked for. */
export function opener({ device, threads }: RunningOptions): (model: Uint8Array | string) => Promise<Session> {
  const options: OpenOptions = {
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
  };
  return (model) => open(model, options);
}
