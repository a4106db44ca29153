import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { benchAll, describeAll } from '../../bench/all/all.ts';
import { type PartOfAll, partsOfAll } from '../../bench/all/cases.ts';
import type { FullReport } from '../../bench/all/full-report.ts';
import { keep, latest } from '../../bench/all/results.ts';
import { barSections } from '../../bench/chart/bars.ts';
import { chart } from '../../bench/chart/chart.ts';
import { footnotesOf } from '../../bench/chart/draw.ts';
import { thisMachine } from '../../bench/common/machine.ts';
import type { CaseResult, SideResult } from '../../bench/common/report.ts';
import { describeReport } from '../../bench/common/table.ts';
import { light } from '../../scripts/picture/palette.ts';

const around = mkdtempSync(join(tmpdir(), 'trilu-results-'));
/** As in a clone, it is not there before something is kept. */
const folder = join(around, 'results');
afterAll(() => rmSync(around, { recursive: true }));

function side(name: string, median: number, ours: number, about = `${name} 1.0`): SideResult {
  const time = { median, minimum: median, count: 3 };
  return { side: name, label: name, about, time, ratio: { median: ours / median, minimum: ours / median } };
}

/** A training step that takes trilu 30 ms with one thread and PyTorch 40. */
const step: CaseResult = {
  subject: 'train',
  work: 'A training step of gpt-nano',
  model: 'gpt-nano',
  threads: 1,
  unit: 'ms a step',
  gemmPeak: 100,
  sides: [
    { ...side('trilu', 30, 30), tokensPerSecond: 25_600, utilization: 0.5, memory: { peak: 3e8, aboveBaseline: 2e8 } },
    { ...side('torch', 40, 30, 'PyTorch 1.13.0 on a BLAS'), lossDifference: 1e-6 },
  ],
  notes: ['A note.'],
};

const machine = { ...thisMachine(), cpu: 'AMD EPYC 9V74 80-Core Processor' };

function full(date: string, cases: readonly CaseResult[]): FullReport {
  return { date, machine, reports: [{ name: 'train gpt-nano', machine, settings: {}, cases, absent: [] }] };
}

describe('describeReport', () => {
  it('has a row for each side, the columns that any side fills, and who is missing', () => {
    const text = describeReport({ machine, settings: {}, cases: [step], absent: ['It is missing: get it'] }, ['Head.']);
    const lines = text.split('\n');
    expect(lines[0]).toBe('Head.');
    expect(lines).toContain('SKIPPED: It is missing: get it.');
    expect(lines).toContain('A training step of gpt-nano, 1 thread; 100 GFLOP/s are the peak of matrix products');
    expect(text).toMatch(
      /^ms a step +median +min +ratio of medians +of minima +tokens\/s +of peak +peak memory +above/m,
    );
    expect(text).toMatch(/^trilu +30\.00 +30\.00 +1\.00 +1\.00 +25,600 +50 % +300 MB +200 MB +–$/m);
    expect(text).toMatch(/^torch +40\.00 +40\.00 +0\.75 +0\.75 +– +– +– +– +1\.0e-6$/m);
    expect(lines.at(-1)).toBe('A note.');
    expect(text).not.toContain('same characters');
  });
});

describe('a full run', () => {
  it('measures each part with what was asked for, and is described whole', async () => {
    const asked: object[] = [];
    const parts = partsOfAll.slice(0, 2).map(
      (part): PartOfAll => ({
        ...part,
        measure: async (overrides, { advance }) => {
          asked.push(overrides);
          advance?.(1);
          return { machine, settings: {}, cases: [step], absent: [] };
        },
      }),
    );
    const report = await benchAll({ rounds: 2, save: false }, parts);
    expect(asked).toEqual([{ rounds: 2 }, { rounds: 2 }]);
    expect(report.reports.map(({ name }) => name)).toEqual(['train gpt-nano', 'decode gpt-nano']);
    expect(describeAll(report).match(/A note\./g)).toHaveLength(2);
  });

  it('is kept under its date and CPU, and the last one is found again', async () => {
    await expect(latest(folder)).rejects.toThrow('npm run bench -- all --save');
    const paths = [
      await keep(full('2025-03-02T10:00:00.000Z', [step]), folder),
      await keep(full('2025-03-01T10:00:00.000Z', []), folder),
    ];
    expect(paths[0]).toBe(join(folder, '2025-03-02-amd-epyc-9v74-80-core-processor.json'));
    const last = await latest(folder);
    expect(last.date).toBe('2025-03-02T10:00:00.000Z');
    expect(last.reports[0]?.cases[0]?.sides[1]).toMatchObject({ side: 'torch', ratio: { median: 0.75 } });
    writeFileSync(join(folder, 'broken.json'), '{}');
    await expect(latest(folder)).rejects.toThrow('broken.json is no result of bench all');
    rmSync(join(folder, 'broken.json'));
  });
});

describe('the chart', () => {
  it('has a bar for each number of threads, as long as the share of the other’s time', () => {
    const slow = { ...step, threads: 2, sides: [side('trilu', 50, 50), side('torch', 40, 50)] };
    const kept = full('2025-03-02T10:00:00.000Z', [slow, step]);
    const sections = barSections(JSON.parse(JSON.stringify(kept)));
    expect(sections).toEqual([
      {
        title: 'training step',
        subtitle: 'gpt-nano: 30.0 / 50.0 ms',
        groups: [
          {
            label: 'PyTorch',
            bars: [
              { threads: 1, ratio: 0.75 },
              { threads: 2, ratio: 1.25 },
            ],
          },
        ],
      },
    ]);
    const source = chart({ sections, footnotes: footnotesOf(JSON.parse(JSON.stringify(kept))) }, light);
    const bars = [...source.matchAll(/width="([\d.]+)" fill="([^"]+)" class="ratio"/g)].map(([, width, fill]) => [
      Number(width),
      fill,
    ]);
    // 400 units are the other's whole time; the second bar would go beyond the edge of the picture.
    expect(bars).toEqual([
      [300, light.weights],
      [460, light.scores],
    ]);
    expect(source).toContain('<title>1.25 of PyTorch');
    expect(source).toContain('threads 1, 2. AMD EPYC 9V74, 2025-03-02.');
    expect(source).toContain('PyTorch 1.13.0');
  });
});
