import { describe, expect, it } from 'vitest';
import { torchIsThere } from '../../bench/common/contestants.ts';
import { benchExport, describeExportReport } from '../../bench/export/export.ts';

describe('bench export', () => {
  it('writes every program, and what PyTorch writes has the same scores', async () => {
    const report = await benchExport({ model: 'gpt-nano', rounds: 1 }, { say: () => {} });
    expect(report.cases.map(({ work }) => work)).toEqual(
      ['forward', 'decode', 'generate', 'evaluate', 'train'].map((name) => `Writing the ${name} program of gpt-nano`),
    );
    const [forward, ...others] = report.cases;
    expect(forward?.sides[0]?.outcome).toMatch(/^3\.\d MB, \d+ nodes$/);
    for (const { work, sides } of others) expect(sides, work).toHaveLength(1);
    if (!torchIsThere()) {
      expect(report.absent.join()).toContain('apt-get install python3-torch');
      return;
    }
    expect(forward?.sides.map(({ side }) => side)).toEqual(['trilu', 'torch']);
    const [, difference] = /scores of both files differ by (\S+) at most/.exec(forward?.notes?.join() ?? '') ?? [];
    expect(Number(difference)).toBeLessThan(1e-4);
    expect(describeExportReport(report)).toContain('torch.onnx.export');
  }, 120_000);
});
