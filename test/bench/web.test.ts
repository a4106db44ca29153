import { describe, expect, it } from 'vitest';
import { benchWeb, describeWebReport } from '../../bench/web/web.ts';
import { chromium, useBaselineOnly } from '../support/chromium.ts';

// That it measures is proved here, not how fast: its own runs let the optimising compiler work.
useBaselineOnly();

describe.skipIf(chromium() === undefined)('bench web', () => {
  it('measures the built package in Chromium, and replayed steps make the losses of plain ones', async () => {
    const report = await benchWeb({ rounds: 1, steps: 1 }, () => undefined);
    expect(report.openGpt.minimum).toBeGreaterThan(0);
    expect(report.replayedStep.count).toBe(2);
    expect(report.lossDifference).toBe(0);
    expect(describeWebReport(report)).toContain('opening gpt (43 MB) on wasm');
  }, 120_000);
});
