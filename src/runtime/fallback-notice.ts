import type { Device } from './devices/device.ts';
import { messageOf, RuntimeError } from './runtime-error.ts';

/**
 * What to tell the user when the device that `auto` chose can't open a model and another one is used instead.
 * @throws the error itself when another device would not help: a file that is no model, a call that was cancelled
 */
export function fallbackNotice(device: Device, instead: Device, error: unknown): string {
  if (!(error instanceof RuntimeError)) throw error;
  return `The device is ${instead.name}: ${device.name} can't open this model (${messageOf(error).replace(/[.\s]+$/, '')}).`;
}
