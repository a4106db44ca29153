import { describe, test } from 'vitest';
import type { Device } from '../../../src/runtime/devices/device.ts';
import type { Open } from '../../../src/runtime/session.ts';
import { type Host, labelOf } from '../tested-device.ts';
import { freeEventLoop } from './responsive.ts';
import { openingAgain, openingDuringRuns, overlappingRuns, staleOutputs, subsetFetches } from './runs.ts';
import type { Trap } from './trap.ts';

const everywhere: readonly Trap[] = [overlappingRuns, openingDuringRuns, openingAgain, staleOutputs, subsetFetches];

/** A first run in software compiles its shaders; none takes this long but one that hangs. */
const patience = 60_000;

/** Declares the tests of a device in a worker and in the thread itself. @param open opens a file there */
export function testTraps(device: Device, host: Host, open: Open): void {
  let overlapsEnd = true;

  describe(`${labelOf(device, host)}, in a worker`, () => {
    for (const trap of [...everywhere, freeEventLoop]) {
      const prove = async (): Promise<void> => {
        overlapsEnd &&= trap !== overlappingRuns;
        await trap.prove(open);
        overlapsEnd ||= trap === overlappingRuns;
      };
      test(trap.what, prove, patience);
    }
  });

  // What hangs a worker fails by its time; in the page it would hang the tests with it, for good.
  testTrapsInThread(device, host, open, () => {
    if (!overlapsEnd) throw new Error('not tried here: overlapping runs do not end in the worker');
  });
}

/** Declares the tests of a device in the thread itself. @param before refuses when it throws */
export function testTrapsInThread(device: Device, host: Host, open: Open, before?: () => void): void {
  describe(`${labelOf(device, host)}, in this thread`, () => {
    const openHere: Open = (model, options) => open(model, { worker: false, ...options });
    for (const { what, prove } of everywhere) {
      const proveHere = async (): Promise<void> => {
        before?.();
        await prove(openHere);
      };
      test(what, proveHere, patience);
    }
  });
}
