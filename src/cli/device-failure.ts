import { isFatal, RuntimeError } from '../runtime/errors.ts';
import type { DeviceName } from '../runtime/session.ts';
import { shellWord } from './format.ts';

/** Where a run stands when its device fails. */
export interface Standing {
  readonly device: DeviceName;
  readonly directory: string;
  /** The step of the last checkpoint in the run directory; undefined when there is none yet. */
  readonly saved: number | undefined;
}

/**
 * What to tell of an error that ended a training: where the device itself failed, also what is saved and how to go on from
 * it on another one. Any other error stays as it is.
 */
export function adviseAfter(error: unknown, { device, directory, saved }: Standing): unknown {
  if (!(error instanceof RuntimeError) || !isFatal(error.kind)) return error;
  const elsewhere = device === 'cpu' ? '' : ' --device cpu';
  const advice =
    saved === undefined
      ? `Nothing was saved yet: start anew${elsewhere === '' ? ' with a smaller --batch' : ` with${elsewhere}`}.`
      : `Step ${saved} is saved; go on from it with: npx trilu train --resume ${shellWord(directory)}${elsewhere}`;
  return new RuntimeError(error.kind, `${error.message.replace(/[.\s]*$/, '.')} ${advice}`, { cause: error });
}
