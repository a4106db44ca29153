import { describe, expect, it } from 'vitest';
import { torchIsThere } from '../../bench/common/contestants.ts';
import { benchDecode, decodeBenchDefaults, describeDecodeReport } from '../../bench/decode/decode.ts';
import { llamaFolder } from '../../bench/llama/found.ts';
import { benchPrefill, prefillBenchDefaults } from '../../bench/prefill/prefill.ts';

const silent = { say: (): void => {} };

describe('bench decode', () => {
  it('measures every side that is there, and all that compute in float32 with the exact GELU write the same', async () => {
    const bench = { ...decodeBenchDefaults, threads: [1], rounds: 1, count: 12, turnMilliseconds: 1 };
    const report = await benchDecode(bench, silent);
    const sides = new Map(report.cases[0]?.sides.map((side) => [side.side, side]));
    const ours = ['generate', 'host-loop', 'host-loop-in-worker', 'raw-steps'];
    for (const side of [...ours, 'transformers-js', ...(torchIsThere() ? ['torch', 'torch-tuned'] : [])]) {
      expect(sides.get(side), side).toMatchObject({ sameCharacters: 12, time: { count: 3 } });
      expect(sides.get(side)?.time.minimum, side).toBeGreaterThan(0);
      expect(sides.get(side)?.weightBytesPerSecond, side).toBeGreaterThan(0);
    }
    expect([...sides.keys()][0]).toBe('generate');
    const absent = report.absent.join('\n');
    if (!torchIsThere()) expect(absent).toContain('apt-get install python3-torch libopenblas0-openmp');
    if (llamaFolder() === undefined) expect(absent).toContain('npm install --prefix bench');
    else expect(sides.has('llama')).toBe(true);
    const text = describeDecodeReport(report);
    expect(text).toContain('Writing 12 characters with gpt-nano, batch 1, 1 thread');
    expect(text).toMatch(/^Streaming costs -?\d/m);
  }, 120_000);

  it('refuses a precision and a model that there are not', async () => {
    await expect(benchDecode({ ...decodeBenchDefaults, dtype: 'int3' }, silent)).rejects.toThrow("no precision 'int3'");
    await expect(benchDecode({ ...decodeBenchDefaults, model: 'bigram' }, silent)).rejects.toThrow('not measured');
  });
});

describe('bench prefill', () => {
  it('reads a block with every side that is there, and PyTorch tells the same likeliest character', async () => {
    const bench = { ...prefillBenchDefaults, threads: [1], rounds: 1, turnMilliseconds: 1 };
    const report = await benchPrefill(bench, silent);
    const sides = report.cases[0]?.sides ?? [];
    expect(sides[0]).toMatchObject({ side: 'trilu', sameCharacters: 1, ratio: { median: 1, minimum: 1 } });
    const torch = sides.filter(({ side }) => side.startsWith('torch'));
    expect(torch).toHaveLength(torchIsThere() ? 2 : 0);
    for (const side of torch) expect(side).toMatchObject({ sameCharacters: 1, time: { count: 3 } });
  }, 120_000);
});
