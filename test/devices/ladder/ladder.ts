import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Open, Session } from '../../../src/runtime/session.ts';
import { tinyStages } from '../../support/tiny-ladder.ts';
import { affine } from '../../support/tiny-models.ts';
import { type TestedDevice, tolerances } from '../tolerances.ts';
import { decoding } from './decoding.ts';
import { forward } from './forward.ts';
import { generateProgram, generation } from './generation.ts';
import { gradients } from './gradients.ts';
import { type Check, Subject } from './subject.ts';
import { training } from './training.ts';

/** What must hold for every stage of the ladder on every device. */
const checks: readonly Check[] = [forward, gradients, training, decoding, generation, generateProgram];

/** Declares the tests of the whole ladder on a device. @param open opens a file there */
export function testLadder(device: TestedDevice, open: Open): void {
  // One session lives throughout: with the last one a GPU forgets the shaders that it has compiled.
  let first: Session | undefined;
  beforeAll(async () => {
    first = await open(affine());
    expect(first.device).toBe(device.split('-')[0]);
  });
  afterAll(() => first?.dispose());

  describe.each(tinyStages)(`%s on ${device}`, (stage) => {
    const subject = new Subject(stage, open, tolerances[device]);
    afterAll(() => subject.dispose());
    for (const { what, prove } of checks) test(what, () => prove(subject));
  });
}
