import { describe, expect, it } from 'vitest';
import { torchIsThere } from '../../bench/common/contestants.ts';
import { benchTrain, describeTrainReport, trainBenchDefaults } from '../../bench/train/train.ts';

describe('bench train', () => {
  it('measures steps, and all sides that are there make the same losses', async () => {
    const bench = { ...trainBenchDefaults(), batch: 1, threads: [1], rounds: 1, stepsPerRun: 2, turnMilliseconds: 1 };
    const done: number[] = [];
    const report = await benchTrain(bench, { say: () => {}, advance: (share) => done.push(share) });
    const [result] = report.cases;
    const [trilu, ...others] = result?.sides ?? [];
    expect(result).toMatchObject({ subject: 'train', model: 'gpt-nano', threads: 1 });
    expect(result?.gemmPeak).toBeGreaterThan(1);
    expect(trilu).toMatchObject({ side: 'trilu', ratio: { median: 1, minimum: 1 }, time: { count: 1 } });
    for (const { side, lossDifference, utilization, ratio, time } of others) {
      expect(lossDifference, side).toBeLessThan(1e-4);
      expect(utilization, side).toBeGreaterThan(0);
      expect(ratio.median, side).toBeCloseTo((trilu?.time.median ?? 0) / time.median, 9);
    }
    expect(others.some(({ side }) => side === 'torch')).toBe(torchIsThere());
    if (!torchIsThere()) expect(report.absent.join()).toContain('apt-get install python3-torch libopenblas0-openmp');
    if (process.platform === 'linux') {
      // Weights, two moments of each and the activations of 64 characters are more than 10 MB.
      expect(trilu?.memory?.aboveBaseline).toBeGreaterThan(10e6);
      expect(trilu?.memory?.peak).toBeGreaterThan(trilu?.memory?.aboveBaseline ?? 0);
    }
    expect(done.at(-1)).toBe(1);
    expect(describeTrainReport(report)).toMatch(
      /A training step of gpt-nano \(batch 1, block 64\), 1 thread; \d+ GFLOP\/s/,
    );
  }, 120_000);

  it('refuses a model that the other sides have not got', async () => {
    const bench = trainBenchDefaults('bigram');
    await expect(benchTrain(bench, { say: () => {} })).rejects.toThrow(
      'bigram is not measured; choose from gpt-nano, gpt.',
    );
  });
});
