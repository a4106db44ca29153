import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { modelFlops } from '../../bench/model-flops.ts';
import { exponentOf, termFactors } from '../../bench/scaling/fit.ts';
import { kernelsIn } from '../../bench/scaling/kernels.ts';
import { predict, predictionFrom } from '../../bench/scaling/prediction.ts';
import { productOperations } from '../../bench/scaling/product-operations.ts';
import type { ScalingPoint } from '../../bench/scaling/report.ts';
import { benchScaling, describeScaling, scalingDefaults } from '../../bench/scaling/scaling.ts';
import { modelOf, type Sizes, sizesOf, valuesOn } from '../../bench/scaling/sizes.ts';
import { parameterCount } from '../../src/programs/index.ts';

const base = sizesOf('gpt-nano', { batch: 2, threads: 1 });

describe('exponentOf', () => {
  it('finds the power of a power law, and none where there is one size only', () => {
    const samples = [1, 2, 5, 16].map((size) => ({ size, value: 3 * size ** 1.5 }));
    expect(exponentOf(samples)).toBeCloseTo(1.5, 12);
    expect(exponentOf(samples.slice(0, 1))).toBeUndefined();
  });
});

describe('termFactors', () => {
  it('finds the factors that values were made with, whatever the orders of magnitude', () => {
    const rows = [
      [1, 1e9, 4],
      [1, 3e9, 2],
      [1, 2e9, 8],
      [1, 7e9, 1],
    ];
    const values = rows.map(([one = 0, large = 0, small = 0]) => 5 * one + 2e-9 * large + 0.5 * small);
    const [one, large, small] = termFactors(rows, values) ?? [];
    expect(one).toBeCloseTo(5, 6);
    expect((large ?? 0) / 2e-9).toBeCloseTo(1, 6);
    expect(small).toBeCloseTo(0.5, 6);
  });

  it('leaves out a term that would count negatively', () => {
    const rows = [1, 2, 3, 4].map((size) => [size, size ** 2]);
    const [linear = 0, square] = termFactors(rows, [10, 19, 27, 34]) ?? [];
    expect(square).toBe(0);
    expect(linear).toBeGreaterThan(8);
  });

  it('finds none where one term is always twice another', () => {
    expect(
      termFactors(
        [1, 2, 3].map((size) => [size, 2 * size]),
        [3, 6, 9],
      ),
    ).toBeUndefined();
  });
});

describe('productOperations', () => {
  it('counts a product whatever the batch and whichever factor is transposed, and nothing else', () => {
    expect(productOperations('Gemm', [[5, 3], [5, 7], [7]], [[3, 7]])).toBe(2 * 3 * 5 * 7);
    expect(
      productOperations(
        'MatMul',
        [
          [4, 3, 5],
          [5, 7],
        ],
        [[4, 3, 7]],
      ),
    ).toBe(4 * 2 * 3 * 5 * 7);
    const byHead = [
      [2, 4, 3, 5],
      [2, 4, 7, 5],
    ];
    expect(productOperations('FusedMatMul', byHead, [[2, 4, 3, 7]])).toBe(8 * 2 * 3 * 5 * 7);
    expect(productOperations('Add', [[3, 7], [7]], [[3, 7]])).toBeUndefined();
    expect(() =>
      productOperations(
        'MatMul',
        [
          [3, 5],
          [6, 7],
        ],
        [[3, 7]],
      ),
    ).toThrow('does not make');
  });
});

describe('kernelsIn', () => {
  it('tells products from the rest, by the step, in the last run alone', () => {
    const node = (operator: string, ts: number, dur: number, shapes: number[][], output: number[]) => ({
      cat: 'Node',
      name: `/part/${operator}_kernel_time`,
      ts,
      dur,
      args: {
        op_name: operator,
        input_type_shape: shapes.map((shape) => ({ float: shape })),
        output_type_shape: [{ float: output }],
        activation_size: '4000',
        parameter_size: '0',
        output_size: '4000',
      },
    });
    const run = (ts: number, slow: number) => [
      { cat: 'Session', name: 'model_run', ts, dur: 1000 },
      node(
        'MatMul',
        ts + 1,
        slow * 600,
        [
          [10, 20],
          [20, 30],
        ],
        [10, 30],
      ),
      node('Add', ts + 2, slow * 200, [[10, 100], [100]], [10, 100]),
      node('Scan', ts + 3, slow * 900, [], []),
    ];
    const { milliseconds, products, others } = kernelsIn([...run(0, 7), ...run(10_000, 1)], 2);
    expect(milliseconds).toBeCloseTo(0.4, 12);
    expect(products.share).toBeCloseTo(0.75, 12);
    expect(products.gflops).toBeCloseTo((2 * 10 * 20 * 30) / 600e-6 / 1e9, 12);
    expect(others).toEqual([{ operator: 'Add', milliseconds: 0.1, share: 0.25, gigabytesPerSecond: 0.04 }]);
  });
});

describe('predictionFrom', () => {
  const wanted = (['layers', 'width', 'block', 'batch'] as const).flatMap((axis) =>
    valuesOn('gpt-nano', axis, base).map((value): Sizes => ({ ...base, [axis]: value })),
  );
  const law = { flops: 3e-12, activations: 20e-9, scores: 5e-9, parameters: 8e-9 };
  const seconds = (sizes: Sizes): number => {
    const model = modelOf('gpt-nano', sizes);
    const flops = modelFlops(model, { batch: sizes.batch, time: sizes.block, kind: 'train' });
    const tokens = sizes.batch * sizes.block * sizes.layers;
    const scores = tokens * Number(model.settings.heads) * sizes.block;
    return (
      law.flops * flops +
      law.activations * tokens * sizes.width +
      law.scores * scores +
      law.parameters * parameterCount(model)
    );
  };
  const points = wanted.map((sizes): ScalingPoint => {
    const model = modelOf('gpt-nano', sizes);
    const time = { median: seconds(sizes) * 1000, minimum: seconds(sizes) * 1000, count: 1 };
    const flops = modelFlops(model, { batch: sizes.batch, time: sizes.block, kind: 'train' });
    const memory = { peak: 0, aboveBaseline: 5e7 + 50 * parameterCount(model) };
    return { sizes, parameters: parameterCount(model), train: { time, flops, memory }, decode: { time, flops: 0 } };
  });

  it('finds the law that times follow, so that a size that was not measured is predicted', () => {
    const prediction = predictionFrom('gpt-nano', points);
    if (prediction === undefined) throw new TypeError('there is no prediction');
    expect(prediction.time.within).toBeCloseTo(1, 6);
    expect(prediction.time.secondsPerActivation / law.activations).toBeCloseTo(1, 4);
    const other = { ...base, layers: 6, width: 384, block: 256 };
    const predicted = predict(prediction, 'gpt-nano', other);
    expect(predicted.seconds / seconds(other)).toBeCloseTo(1, 4);
    expect((predicted.bytes ?? 0) / (5e7 + 50 * parameterCount(modelOf('gpt-nano', other)))).toBeCloseTo(1, 4);
  });

  it('finds none from sizes on one axis', () => {
    expect(predictionFrom('gpt-nano', points.slice(0, 4))).toBeUndefined();
  });
});

describe('bench scaling', () => {
  it('measures each size of an axis in processes of their own, and says where the time of a step goes', async () => {
    const said: string[] = [];
    const bench = { ...scalingDefaults, batch: 1, threads: 1, rounds: 1, milliseconds: 1, axes: ['batch'] as const };
    const report = await benchScaling(bench, (line) => said.push(line));
    const [small, large] = report.points;
    expect(report.points.map(({ sizes }) => sizes.batch)).toEqual([1, 2]);
    expect(said.join('\n')).toContain('batch 2');
    expect((large?.train.flops ?? 0) / (small?.train.flops ?? 1)).toBe(2);
    for (const { train, decode } of report.points) {
      expect(train.time.minimum).toBeGreaterThan(0);
      expect(decode.time.minimum).toBeGreaterThan(0);
      if (existsSync('/proc/self/status')) expect(train.memory?.aboveBaseline).toBeGreaterThan(4 * 800_000);
    }
    expect(report.exponents).toMatchObject([{ axis: 'batch', values: [1, 2], trainFlops: expect.closeTo(1, 9) }]);
    const [kernels] = report.kernels;
    const { products, others = [] } = kernels ?? {};
    const flops = (products?.gflops ?? 0) * (products?.milliseconds ?? 0) * 1e6;
    // The gradient of looking up embeddings is a product too; what is masked may be left out.
    expect(flops / (small?.train.flops ?? 1)).toBeGreaterThan(0.5);
    expect(flops / (small?.train.flops ?? 1)).toBeLessThan(1.1);
    expect((products?.share ?? 0) + others.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    const text = describeScaling(report);
    for (const part of ['time of a step', 'seconds a step ≈ FLOPs / (peak × utilisation)', 'Matrix products take']) {
      expect(text).toContain(part);
    }
  });
});
