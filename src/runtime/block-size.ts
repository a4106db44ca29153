import { UserError } from '../errors.ts';
import type { Bindings } from './checking.ts';
import type { ProgramDescription } from './session.ts';

/** The programs whose tokens, with those in a cache, must fit into the block. `generate` takes any length. */
const bounded: readonly string[] = ['forward', 'decode', 'evaluate', 'train'];

/**
 * Refuses more tokens than a model has places for: a graph might compute something all the same where lengths of 1 broadcast.
 * @throws UserError telling how many there are and how many there may be
 */
export function checkBlockSize({ program, config }: ProgramDescription, bindings: Bindings): void {
  const blockSize = config?.n_positions;
  if (typeof blockSize !== 'number' || program === undefined || !bounded.includes(program)) return;
  const [past, time] = [bindings.get('past')?.size ?? 0, bindings.get('time')?.size ?? 0];
  if (past + time <= blockSize) return;
  const held = past === 0 ? '' : ` and ${past} in the cache`;
  throw new UserError(`The model sees ${blockSize} tokens at most, but there are ${time}${held}: give it fewer.`);
}
