import type { ProgramName } from '../../../src/parts.ts';

/** What each program is for, in the order in which they are listed. */
export const programUses: Readonly<Record<ProgramName, string>> = {
  forward: 'scores for every next character',
  decode: 'one step, with a cache',
  generate: 'the whole writing loop',
  evaluate: 'the loss',
  train: 'forward, backward and AdamW',
};

/** All programs; the table above must have every one of them. */
export const programs = Object.keys(programUses) as readonly ProgramName[];
