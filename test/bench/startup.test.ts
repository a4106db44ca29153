import { describe, expect, it } from 'vitest';
import { onnxAbsence } from '../../bench/startup/commands.ts';
import { benchStartup, describeStartupReport } from '../../bench/startup/startup.ts';

describe('bench startup', () => {
  it('times commands and openings beside what does as little', async () => {
    const report = await benchStartup({ model: 'gpt-nano', rounds: 1 }, { say: () => {} });
    expect(report.absent.filter((reason) => reason !== onnxAbsence)).toEqual([]);
    const works = report.cases.map(({ work }) => work);
    expect(works).toEqual([
      'trilu --help',
      'trilu inspect forward.onnx of gpt-nano',
      'trilu export gpt-nano: all programs, each run once',
      ...['forward', 'decode', 'generate', 'evaluate', 'train'].map(
        (name) => `Opening the ${name} program of gpt-nano`,
      ),
    ]);
    const [help] = report.cases;
    // Nothing is quicker than the process itself.
    expect(help?.sides.map(({ side }) => side)).toEqual(['trilu', 'node']);
    for (const { work, sides } of report.cases) expect(sides[0]?.time.minimum, work).toBeGreaterThan(0);
    expect(describeStartupReport(report)).toContain('Node, doing nothing');
  }, 120_000);
});
