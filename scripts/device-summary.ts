import type { Reporter, TestModule } from 'vitest/node';
import { nodeDevices } from '../src/runtime/devices/node/node-devices.ts';
import { webDevices } from '../src/runtime/devices/web/web-devices.ts';
import { labelOf } from '../test/devices/tested-device.ts';

/** All devices, by the names that the tests of the ladder carry. */
const devices = [
  ...nodeDevices.all.map((device) => labelOf(device, 'node')),
  ...webDevices.all.map((device) => labelOf(device, 'browser')),
];

/** Says at the end which devices the ladder ran on, so that one that was skipped is not overlooked. */
export class DeviceSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, { ran: number; skipped: number }>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const device = / on ([\w-]+) > /.exec(test.fullName)?.[1];
        if (device === undefined || !devices.includes(device)) continue;
        const count = counts.get(device) ?? { ran: 0, skipped: 0 };
        const state = test.result().state;
        if (state === 'passed' || state === 'failed') count.ran += 1;
        else count.skipped += 1;
        counts.set(device, count);
      }
    }
    // A run of a few files says nothing about devices.
    if (counts.size === 0) return;
    const lines = devices.map((device) => {
      const { ran, skipped } = counts.get(device) ?? { ran: 0, skipped: 0 };
      if (ran > 0) return `${device}: ${ran} tests ran${skipped === 0 ? '' : `, ${skipped} were skipped`}`;
      return `${device}: NOT RUN${skipped === 0 ? '' : ` (${skipped} tests skipped; the reason stands above)`}`;
    });
    console.log(`\nThe ladder on each device:\n  ${lines.join('\n  ')}`);
  }
}
