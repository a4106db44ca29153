import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Graph } from '../../../src/graph/index.ts';
import { makeProgram, programNames } from '../../../src/programs/index.ts';
import type { Device } from '../../../src/runtime/devices/device.ts';
import type { Open, Session } from '../../../src/runtime/session.ts';
import { someOptimizer, tinyModel, tinyStages } from '../../support/tiny-ladder.ts';
import { affine } from '../../support/tiny-models.ts';
import { type Host, labelOf } from '../tested-device.ts';
import { decoding } from './decoding.ts';
import { forward } from './forward.ts';
import { generateProgram, generation } from './generation.ts';
import { gradients } from './gradients.ts';
import { type Check, Subject } from './subject.ts';
import { training } from './training.ts';

/** What must hold for every stage of the ladder on every device. */
const checks: readonly Check[] = [forward, gradients, training, decoding, generation, generateProgram];

/** The fewest stages, with the first and the last among them, whose programs have every operator that the ladder's have. */
const fewStages: readonly string[] = ['bigram', 'multi-head', 'gpt', 'average (matmul)', 'gpt (bias, relu, untied)'];

/** Declares the tests of the whole ladder on a device. @param open opens a file there */
export function testLadder(device: Device, host: Host, open: Open): void {
  testStages(tinyStages, device, host, open);
}

/**
 * Declares the tests of every operator of the ladder on a device that would take minutes for all of its stages, as a GPU in software
 * does; with TRILU_LADDER=whole those of the whole ladder.
 * @param open opens a file there
 */
export function testOperatorsOfLadder(device: Device, host: Host, open: Open): void {
  if (inject('wholeLadder')) {
    testLadder(device, host, open);
    return;
  }
  test.each(programNames)('the stages on the device have every operator of the ladder: %s', (program) => {
    expect(operatorsOf(program, fewStages)).toEqual(operatorsOf(program, tinyStages));
  });
  testStages(fewStages, device, host, open);
}

/** The operators in a program of some stages, as names in order. */
function operatorsOf(program: (typeof programNames)[number], stages: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = ({ nodes }: Pick<Graph, 'nodes'>): void => {
    for (const { node, bodies } of nodes) {
      found.add(node.operator.name);
      for (const body of Object.values(bodies)) visit(body);
    }
  };
  for (const stage of stages) {
    // The bigram has no cache.
    if (program === 'decode' && stage === 'bigram') continue;
    visit(makeProgram(program, tinyModel(stage), { optimizer: someOptimizer }).graph);
  }
  return [...found].sort();
}

function testStages(stages: readonly string[], device: Device, host: Host, open: Open): void {
  const { tolerance } = device;
  if (tolerance === undefined) throw new Error(`${device.name} says no tolerance`);
  // One session lives throughout: with the last one a GPU forgets the shaders that it has compiled.
  let first: Session | undefined;
  beforeAll(async () => {
    first = await open(affine());
    expect(first.device).toBe(device.name);
  });
  afterAll(() => first?.dispose());

  describe.each(stages)(`%s on ${labelOf(device, host)}`, (stage) => {
    const subject = new Subject(stage, open, tolerance);
    afterAll(() => subject.dispose());
    for (const { what, prove } of checks) test(what, () => prove(subject));
  });
}
