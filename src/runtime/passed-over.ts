import { messageOf, RuntimeError } from './errors.ts';
import type { DeviceName } from './session.ts';

/**
 * What to tell when `auto` goes on to another device because the better one can't open a model.
 * @throws the error itself when another device would not help: a file that is none, a call that was cancelled
 */
export function passedOver(device: DeviceName, instead: DeviceName, error: unknown): string {
  if (!(error instanceof RuntimeError)) throw error;
  return `The device is ${instead}: ${device} can't open this model (${messageOf(error).replace(/[.\s]+$/, '')}).`;
}
