import { describe, expect, it } from 'vitest';
import { benchGenerate, generateBenchDefaults } from '../../bench/generate.ts';
import { describeGenerateReport } from '../../bench/generate-report.ts';
import { encodeGguf } from '../../bench/gguf.ts';

describe('encodeGguf', () => {
  it('writes header, metadata, descriptions with the axes turned round, and data at multiples of 32 bytes', () => {
    const bytes = encodeGguf({
      metadata: {
        'a.count': { type: 'uint32', value: 7 },
        'a.names': { type: 'strings', value: ['x', 'yz'] },
      },
      tensors: [
        { name: 'first', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
        { name: 'second', shape: [1], data: Float32Array.of(7) },
      ],
    });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let position = 4;
    const skip = (bytes: number): number => {
      position += bytes;
      return position - bytes;
    };
    const uint32 = (): number => view.getUint32(skip(4), true);
    const uint64 = (): number => Number(view.getBigUint64(skip(8), true));
    const text = (): string => {
      const length = uint64();
      const start = skip(length);
      return new TextDecoder().decode(bytes.subarray(start, position));
    };
    expect(new TextDecoder().decode(bytes.subarray(0, position))).toBe('GGUF');
    expect([uint32(), uint64(), uint64()]).toEqual([3, 2, 2]);
    expect([text(), uint32(), uint32()]).toEqual(['a.count', 4, 7]);
    expect([text(), uint32(), uint32(), uint64(), text(), text()]).toEqual(['a.names', 9, 8, 2, 'x', 'yz']);
    expect([text(), uint32(), uint64(), uint64(), uint32(), uint64()]).toEqual(['first', 2, 3, 2, 0, 0]);
    expect([text(), uint32(), uint64(), uint32(), uint64()]).toEqual(['second', 1, 1, 0, 32]);
    const start = Math.ceil(position / 32) * 32;
    expect([0, 5, 8].map((index) => view.getFloat32(start + 4 * index, true))).toEqual([1, 6, 7]);
    expect(bytes.byteLength).toBe(start + 64);
  });
});

describe('bench generate', () => {
  it('measures every side that is there, and trilu, ONNX Runtime alone and PyTorch write the same characters', async () => {
    const said: string[] = [];
    const bench = { ...generateBenchDefaults, threads: [1], rounds: 1, count: 12, turnMilliseconds: 1 };
    const report = await benchGenerate(bench, (line) => said.push(line));
    const [result] = report.results;
    const decode = new Map(result?.decode.map((side) => [side.side, side]));
    const prefill = new Map(result?.prefill.map((side) => [side.side, side]));
    for (const side of ['generate', 'host-loop', 'host-loop-in-worker', 'raw-steps']) {
      expect(decode.get(side), side).toMatchObject({ same: 12, time: { count: 3 } });
      expect(decode.get(side)?.time.minimum, side).toBeGreaterThan(0);
    }
    expect(prefill.get('forward')).toMatchObject({ same: 1, ratio: { median: 1, minimum: 1 } });
    if (decode.has('torch')) {
      expect(decode.get('torch')).toMatchObject({ same: 12 });
      expect(prefill.get('torch')).toMatchObject({ same: 1 });
    } else expect(said.join('\n')).toContain('apt-get install python3-torch libopenblas0-openmp');
    if (!decode.has('llama')) expect(said.join('\n')).toContain('npm install --ignore-scripts node-llama-cpp');
    const text = describeGenerateReport(report);
    expect(text).toContain('trilu, generate program');
    expect(text).toContain('Streaming costs');
  });

  it('refuses a precision and a model that there are not', async () => {
    const say = (): void => undefined;
    await expect(benchGenerate({ ...generateBenchDefaults, dtype: 'int3' }, say)).rejects.toThrow(
      "no precision 'int3'",
    );
    await expect(benchGenerate({ ...generateBenchDefaults, model: 'bigram' }, say)).rejects.toThrow('not measured');
  });
});
