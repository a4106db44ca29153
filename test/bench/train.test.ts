import { describe, expect, it } from 'vitest';
import { summarize } from '../../bench/statistics.ts';
import { benchTrain, describeTrainReport, trainBenchDefaults } from '../../bench/train.ts';

describe('summarize', () => {
  it('takes the middle one of an odd number of times, and the mean of the middle two of an even number', () => {
    expect(summarize([5, 1, 3])).toEqual({ median: 3, minimum: 1, count: 3 });
    expect(summarize([8, 2, 4, 6])).toEqual({ median: 5, minimum: 2, count: 4 });
  });

  it('refuses to say something of nothing', () => {
    expect(() => summarize([])).toThrow(RangeError);
  });
});

describe('bench train', () => {
  it('measures steps, and where PyTorch is installed both sides make the same losses', async () => {
    const said: string[] = [];
    const bench = { ...trainBenchDefaults, batch: 1, threads: [1], rounds: 1, stepsPerRun: 2 };
    const report = await benchTrain(bench, (line) => said.push(line));
    const [result] = report.results;
    expect(result?.trilu.count).toBe(10);
    expect(result?.trilu.minimum).toBeGreaterThan(0);
    if (result?.torch === undefined)
      expect(said.join('\n')).toContain('apt-get install python3-torch libopenblas0-openmp');
    else expect(result.lossDifference).toBeLessThan(1e-4);
    expect(describeTrainReport(report)).toContain('gpt-nano');
  });
});
