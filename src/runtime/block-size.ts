import { UserError } from '../errors.ts';
import type { Bindings } from './checking.ts';
import type { ProgramDescription } from './session.ts';

/** The programs whose tokens, together with those in the cache, must fit into the block. `generate` takes any length. */
const limitedPrograms: readonly string[] = ['forward', 'decode', 'evaluate', 'train'];

/**
 * Refuses more tokens than the model has positions: where sizes of 1 broadcast, a graph might compute something from them all the same.
 * @throws UserError telling how many there are and how many there may be
 */
export function checkBlockSize({ program, config }: ProgramDescription, bindings: Bindings): void {
  const blockSize = config?.n_positions;
  if (typeof blockSize !== 'number' || program === undefined || !limitedPrograms.includes(program)) return;
  const [past, time] = [bindings.get('past')?.size ?? 0, bindings.get('time')?.size ?? 0];
  if (past + time <= blockSize) return;
  const held = past === 0 ? '' : ` and ${past} in the cache`;
  throw new UserError(`The model sees ${blockSize} tokens at most, but there are ${time}${held}: give it fewer.`);
}
