import { describe, expect, it } from 'vitest';
import { torchIsThere } from '../../bench/common/contestants.ts';
import { gptSettings } from '../../bench/common/models.ts';
import { gemmPeak } from '../../bench/gemm-peak.ts';
import { gemmOperations } from '../../bench/gemm-shapes.ts';
import { modelFlops } from '../../bench/model-flops.ts';
import { productOperations } from '../../bench/scaling/product-operations.ts';
import { bigram, gpt } from '../../models/index.ts';
import { contents, gradients, input, nodesBefore, type Value } from '../../src/graph.ts';
import { decodeProgram, forwardProgram, modelParameters } from '../../src/programs/index.ts';
import { crossEntropy } from '../../src/train/cross-entropy.ts';
import { formulatedGradients } from '../../src/train/formulations/index.ts';
import { evaluateShape, type Sizes } from '../support/evaluate-dimension.ts';

const model = gpt.configure({ vocabulary: 11, layers: 3, embedding: 24, heads: 2, block: 10, bias: true });

/** The operations of all matrix products that values depend on, told from their shapes. */
function countedIn(values: readonly Value[], sizes: Sizes): number {
  const all = nodesBefore(values).flatMap((node) => [
    node,
    ...Object.values(node.bodies).flatMap((body) => contents(body).nodes),
  ]);
  const shapes = (of: readonly (Value | undefined)[]): number[][] =>
    of.flatMap((value) => (value === undefined ? [] : [evaluateShape(value.shape, sizes)]));
  return all
    .map(({ operator, inputs, outputs }) => productOperations(operator.name, shapes(inputs), shapes(outputs)) ?? 0)
    .reduce((sum, operations) => sum + operations, 0);
}

function outputsOf({ graph }: ReturnType<typeof forwardProgram>): Value[] {
  return graph.outputs.map(({ value }) => value);
}

describe('modelFlops', () => {
  it('counts the products of the forward program, for models of other sizes too', () => {
    const sizes = { batch: 3, time: 7 };
    const wide = model.with({ embedding: 40, heads: 5, layers: 1, tied: true });
    for (const each of [model, wide]) {
      const counted = countedIn(outputsOf(forwardProgram(each)), sizes);
      expect(modelFlops(each, { ...sizes, kind: 'forward' })).toBe(counted);
    }
  });

  it('counts the products of the decode program with a cache', () => {
    const counted = countedIn(outputsOf(decodeProgram(model)), { batch: 3, time: 1, past: 6 });
    expect(modelFlops(model, { batch: 3, time: 7, kind: 'decode' })).toBe(counted);
  });

  it('counts those of the loss and its gradients, but for the gradient of looking up embeddings', () => {
    const sizes = { batch: 3, time: 7 };
    const ids = (name: string): Value => input(name, 'int32', ['batch', 'time']);
    const loss = crossEntropy(model.logits(ids('tokens')), ids('targets'));
    const parameters = modelParameters(model).map(({ name }) => name);
    const byName = new Map<string, Value>();
    for (const node of nodesBefore([loss])) {
      for (const value of node.inputs) {
        if (value?.source.kind === 'parameter') byName.set(value.source.name, value);
      }
    }
    expect([...byName.keys()].sort()).toEqual([...parameters].sort());
    const slopes = formulatedGradients(loss, gradients(loss, [...byName.values()]));
    const counted = countedIn([loss, ...slopes], sizes);
    const { vocabulary: V, embedding: C } = gptSettings(model);
    const lookingUp = 2 * V * C * sizes.batch * sizes.time;
    expect(counted - modelFlops(model, { ...sizes, kind: 'train' })).toBe(lookingUp);
  });

  it('refuses a stage that is no GPT', () => {
    const table = bigram.configure({ vocabulary: 11 });
    expect(() => modelFlops(table, { batch: 1, time: 1, kind: 'forward' })).toThrow('bigram are not counted');
  });
});

describe('gemmPeak', () => {
  it('takes the best of all shapes, and asks PyTorch where it is installed', async () => {
    const shapes = [
      { rows: 96, inner: 32, outer: 64 },
      { rows: 256, inner: 256, outer: 256 },
    ];
    expect(gemmOperations({ rows: 2, inner: 3, outer: 5 })).toBe(2 * (2 * 2 * 3 * 5));
    const peak = await gemmPeak({ threads: 1, shapes, milliseconds: 1 });
    expect(peak.rates.map(({ shape, weightsAs }) => [shape.rows, weightsAs])).toEqual([
      [96, 'input'],
      [96, 'initializer'],
      [256, 'input'],
      [256, 'initializer'],
    ]);
    expect(peak.gflops).toBe(Math.max(...peak.rates.map(({ gflops }) => gflops)));
    for (const { gflops } of peak.rates) {
      expect(gflops).toBeGreaterThan(0.1); // slower than any processor that runs this
      expect(gflops).toBeLessThan(5000); // faster than any core: the products were left out
    }
    if (torchIsThere()) {
      expect(peak.openBlas?.about).toContain('PyTorch');
      expect(peak.openBlas?.rates).toHaveLength(2);
      expect(peak.openBlas?.gflops).toBeGreaterThan(0.1);
    } else expect(peak.openBlas).toBeUndefined();
  });

  it('refuses to tell the best of no shapes', async () => {
    await expect(gemmPeak({ threads: 1, shapes: [], openBlas: false })).rejects.toThrow(RangeError);
  });
});
