import { nodeDevices } from '../../runtime/devices/node/node-devices.ts';
import { isFatal, RuntimeError } from '../../runtime/runtime-error.ts';
import type { DeviceName } from '../../runtime/session.ts';
import { shellWord } from '../format.ts';

/** The run whose device failed. */
export interface InterruptedRun {
  readonly device: DeviceName;
  readonly directory: string;
  /** The step of the last checkpoint in the run directory; undefined when there is none yet. */
  readonly saved: number | undefined;
}

/**
 * Adds advice to an error that ended training because the device failed: what is saved, and how to continue on another device.
 * Any other error stays as it is.
 */
export function withAdvice(error: unknown, { device, directory, saved }: InterruptedRun): unknown {
  if (!(error instanceof RuntimeError) || !isFatal(error.kind)) return error;
  const { name } = nodeDevices.fallback;
  const elsewhere = device === name ? '' : ` --device ${name}`;
  const advice =
    saved === undefined
      ? `Nothing was saved yet: start again${elsewhere === '' ? ' with a smaller --batch' : ` with${elsewhere}`}.`
      : `Step ${saved} is saved; continue from it with: npx trilu train --resume ${shellWord(directory)}${elsewhere}`;
  return new RuntimeError(error.kind, `${error.message.replace(/[.\s]*$/, '.')} ${advice}`, { cause: error });
}
