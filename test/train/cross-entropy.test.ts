import { describe, expect, test } from 'vitest';
import { gradients } from '../../src/graph/gradients.ts';
import { input } from '../../src/graph/index.ts';
import { hash, normals } from '../../src/random/counter.ts';
import { elementCount, tensor } from '../../src/runtime/tensor.ts';
import { crossEntropy } from '../../src/train/cross-entropy.ts';
import { relativeError } from '../support/interpreter-differences.ts';
import { numbersOf, runGraph } from '../support/run-graph.ts';

interface Scores {
  /** (…, V) */
  readonly shape: readonly number[];
  readonly logits: Float32Array;
  readonly targets: Int32Array;
}

function scores(shape: readonly number[], deviation: number): Scores {
  const vocabulary = shape.at(-1) ?? 1;
  const length = elementCount(shape) / vocabulary;
  return {
    shape,
    logits: normals(elementCount(shape), deviation, 21),
    targets: Int32Array.from({ length }, (_, index) => (hash(22, index) >>> 1) % vocabulary),
  };
}

/** The loss and its gradient in float32, as a file computes them. */
async function ours({ shape, logits, targets }: Scores): Promise<{ loss: number; gradient: number[] }> {
  const values = input('logits', 'float32', shape);
  const right = input('targets', 'int32', shape.slice(0, -1));
  const loss = crossEntropy(values, right);
  const [gradient = loss] = gradients(loss, [values]);
  const outputs = await runGraph(
    { inputs: { logits: values, targets: right }, outputs: { loss, gradient } },
    { logits: tensor('float32', shape, logits), targets: tensor('int32', shape.slice(0, -1), targets) },
  );
  return { loss: numbersOf(outputs.loss)[0] ?? Number.NaN, gradient: numbersOf(outputs.gradient) };
}

/** −log softmax by its definition, and (softmax − one-hot) / rows, in float64. */
function reference({ shape, logits, targets }: Scores): { loss: number; gradient: number[] } {
  const vocabulary = shape.at(-1) ?? 1;
  const gradient: number[] = [];
  let sum = 0;
  for (const [row, target] of targets.entries()) {
    const scoresOfRow = [...logits.subarray(row * vocabulary, (row + 1) * vocabulary)];
    const largest = Math.max(...scoresOfRow);
    const logTotal = Math.log(scoresOfRow.reduce((total, score) => total + Math.exp(score - largest), 0));
    const logProbabilities = scoresOfRow.map((score) => score - largest - logTotal);
    sum -= logProbabilities[target] ?? Number.NaN;
    gradient.push(...logProbabilities.map((log, id) => (Math.exp(log) - (id === target ? 1 : 0)) / targets.length));
  }
  return { loss: sum / targets.length, gradient };
}

describe('the cross-entropy and its gradient equal their definition', () => {
  test.each([
    [[2, 3, 65], 1],
    [[1, 8, 5], 10],
    [[4, 2], 0.001],
    [[3], 3],
    [[2, 2, 1], 1],
  ])('scores %o, spread %d', async (shape, deviation) => {
    const given = scores(shape, deviation);
    const [actual, expected] = [await ours(given), reference(given)];
    expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(1e-6 * Math.max(1, expected.loss));
    expect(relativeError(actual.gradient, expected.gradient)).toBeLessThan(1e-6);
  });

  test('equal scores cost log V', async () => {
    const given = { shape: [2, 65], logits: new Float32Array(130), targets: Int32Array.of(0, 64) };
    expect((await ours(given)).loss).toBeCloseTo(Math.log(65), 6);
  });
});

describe('scores of any size stay finite', () => {
  test.each([
    ['the right one is 10000 above the others', [1e4, 0, 0], 0, 0],
    ['the right one is 10000 below another', [1e4, 0, 0], 1, 1e4],
    ['all are 10000', [1e4, 1e4, 1e4], 0, Math.log(3)],
    ['all are −10000', [-1e4, -1e4, -1e4], 0, Math.log(3)],
    ['from −10000 to 10000', [-1e4, 1e4, 0], 0, 2e4],
    ['near the largest float32', [1e38, -1e38, 0], 0, 0],
  ])('%s', async (_, logits, target, loss) => {
    const given = { shape: [3], logits: Float32Array.from(logits), targets: Int32Array.of(target) };
    const actual = await ours(given);
    expect(relativeError([actual.loss], [loss])).toBeLessThan(1e-6);
    expect(relativeError(actual.gradient, reference(given).gradient)).toBeLessThan(1e-6);
  });

  test('adding one number to all scores changes nothing', async () => {
    const given = scores([4, 8], 1);
    const moved = { ...given, logits: given.logits.map((score) => score + 64) };
    expect((await ours(moved)).loss).toBeCloseTo((await ours(given)).loss, 5);
  });
});
