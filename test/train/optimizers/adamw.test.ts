import { describe, expect, test } from 'vitest';
import { input, type Value } from '../../../src/graph/index.ts';
import { normals } from '../../../src/random/counter.ts';
import { type Tensors, tensor } from '../../../src/runtime/tensor.ts';
import { type AdamWSetup, adamw } from '../../../src/train/optimizers/adamw.ts';
import { decays, optimizerStep } from '../../../src/train/optimizers/step.ts';
import { norm, relativeError } from '../../support/interpreter-differences.ts';
import { numbersOf, runGraph } from '../../support/run-graph.ts';

const options = adamw.with({ beta2: 0.99, weightDecay: 0.1 });

/** A parameter's numbers before and after a step, as `matrix` (2, 2) and `vector` (2). */
interface Moved {
  readonly parameter: readonly number[];
  readonly gradient: readonly number[];
  readonly first: readonly number[];
  readonly second: readonly number[];
}

type Step = { readonly matrix: Moved; readonly vector: Moved; readonly learningRate: number; readonly step: number };

const start: Step = {
  matrix: {
    parameter: [1, -2, 0.5, 0.25],
    gradient: [0.3, -0.1, 2, 0],
    first: [0.1, 0.2, -0.3, 0],
    second: [1, 0.5, 0.25, 0],
  },
  vector: { parameter: [3, -4], gradient: [-1, 0.5], first: [0, 0.1], second: [0.01, 0.02] },
  learningRate: 0.01,
  step: 4,
};
const names = ['matrix', 'vector'] as const;
const shapes = { matrix: [2, 2], vector: [2] } as const;

/** Our step, in float32, by ONNX Runtime. */
async function ours(chosen: AdamWSetup, given: Step): Promise<Record<string, readonly number[]>> {
  const inputs: Record<string, Value> = {
    learningRate: input('learningRate', 'float32', []),
    step: input('step', 'float32', []),
  };
  const feeds: Record<string, Tensors[string]> = {
    learningRate: tensor('float32', [], [given.learningRate]),
    step: tensor('float32', [], [given.step]),
  };
  const leaf = (name: (typeof names)[number], part: keyof Moved): Value => {
    const value = input(`${name}.${part}`, 'float32', shapes[name]);
    inputs[`${name}.${part}`] = value;
    feeds[`${name}.${part}`] = tensor('float32', shapes[name], given[name][part]);
    return value;
  };
  const trained = names.map((name) => ({
    parameter: leaf(name, 'parameter'),
    gradient: leaf(name, 'gradient'),
    slots: { exp_avg: leaf(name, 'first'), exp_avg_sq: leaf(name, 'second') },
    decays: decays(input(name, 'float32', shapes[name]), chosen),
  }));
  const [learningRate, step] = [inputs.learningRate, inputs.step];
  if (learningRate === undefined || step === undefined) throw new Error('unreachable');
  const { updated, gradientNorm } = optimizerStep(trained, { learningRate, stepsMade: step }, chosen);
  const outputs: Record<string, Value> = { norm: gradientNorm };
  for (const [index, name] of names.entries()) {
    const after = updated[index];
    if (after === undefined) throw new Error(`${name} was not updated`);
    outputs[`${name}.parameter.after`] = after.parameter;
    outputs[`${name}.first.after`] = after.slots.exp_avg ?? after.parameter;
    outputs[`${name}.second.after`] = after.slots.exp_avg_sq ?? after.parameter;
  }
  const used = Object.entries(await runGraph({ inputs, outputs }, feeds));
  return Object.fromEntries(used.map(([name, result]) => [name.replace('.after', ''), numbersOf(result)]));
}

/** The step as the paper (Loshchilov & Hutter 2019, algorithm 2) and PyTorch's clip_grad_norm_ write it, in float64. */
function expected(chosen: AdamWSetup, given: Step): Record<string, readonly number[]> {
  const total = norm([...given.matrix.gradient, ...given.vector.gradient]);
  const scale = chosen.clip > 0 ? Math.min(1, chosen.clip / (total + 1e-6)) : 1;
  const results: Record<string, readonly number[]> = { norm: [total] };
  const t = given.step + 1;
  for (const name of names) {
    const { parameter, gradient, first, second } = given[name];
    const g = gradient.map((element) => element * scale);
    const m = first.map((element, index) => chosen.beta1 * element + (1 - chosen.beta1) * (g[index] ?? 0));
    const v = second.map((element, index) => chosen.beta2 * element + (1 - chosen.beta2) * (g[index] ?? 0) ** 2);
    const decay = chosen.decayed === 'all' || name === 'matrix' ? chosen.weightDecay : 0;
    results[`${name}.first`] = m;
    results[`${name}.second`] = v;
    results[`${name}.parameter`] = parameter.map((element, index) => {
      const mHat = (m[index] ?? 0) / (1 - chosen.beta1 ** t);
      const vHat = (v[index] ?? 0) / (1 - chosen.beta2 ** t);
      return element - given.learningRate * (mHat / (Math.sqrt(vHat) + chosen.epsilon) + decay * element);
    });
  }
  return results;
}

async function expectStep(chosen: AdamWSetup, given: Step, tolerance = 3e-7): Promise<void> {
  const [actual, wanted] = [await ours(chosen, given), expected(chosen, given)];
  expect(Object.keys(actual).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, numbers] of Object.entries(wanted)) {
    expect(relativeError(actual[name] ?? [], numbers), name).toBeLessThan(tolerance);
  }
}

describe('one step equals the paper', () => {
  test.each<[string, Partial<AdamWSetup>]>([
    ['clipped, only matrices decayed', {}],
    ['all parameters decayed', { decayed: 'all' }],
    ['without clipping', { clip: 0 }],
    ['with a limit above the norm', { clip: 100 }],
    ['without decay', { weightDecay: 0 }],
    ['without momentum', { beta1: 0 }],
    ['with a large epsilon', { epsilon: 0.1 }],
  ])('%s', (_, changes) => expectStep({ ...options, ...changes }, start));

  test('where gradients are all zeros', () => {
    const still = (moved: Moved): Moved => ({ ...moved, gradient: moved.gradient.map(() => 0) });
    return expectStep(options, { ...start, matrix: still(start.matrix), vector: still(start.vector) });
  });

  test('where the learning rate is 0, nothing but the moments moves', async () => {
    const after = await ours(options, { ...start, learningRate: 0 });
    for (const name of names) expect(after[`${name}.parameter`]).toEqual(start[name].parameter);
    expect(after['matrix.first']).not.toEqual(start.matrix.first);
  });
});

describe('the bias correction', () => {
  const fresh = ({ parameter, gradient }: Moved): Moved => ({
    parameter: parameter.map(() => 0),
    gradient,
    first: parameter.map(() => 0),
    second: parameter.map(() => 0),
  });
  const cases = [0.9, 0.95, 0.99, 0.999, 0.9999].flatMap((beta2) =>
    [0, 1, 2, 9, 99, 4999, 1_000_000].map((step) => [beta2, step] as const),
  );

  test.each(cases)('keeps its digits in float32: beta2 %d after %d steps', (beta2, step) => {
    const given = { ...start, matrix: fresh(start.matrix), vector: fresh(start.vector), step };
    return expectStep({ ...options, beta2, clip: 0, weightDecay: 0 }, given, 6e-7);
  });

  test('makes the very first step as long as the learning rate, whatever the gradient', async () => {
    const given = { ...start, matrix: fresh(start.matrix), vector: fresh(start.vector), step: 0 };
    const after = await ours({ ...options, beta2: 0.999, weightDecay: 0 }, given);
    expect(relativeError(after['matrix.parameter'] ?? [], [-0.01, 0.01, -0.01, 0])).toBeLessThan(1e-6);
  });
});

test('the norm of a gradient of 600,000 elements has six digits right', async () => {
  const shape = [1000, 600];
  const gradient = normals(600_000, 1, 3);
  const leaf = (name: string): Value => input(name, 'float32', shape);
  const trained = {
    parameter: leaf('parameter'),
    gradient: leaf('gradient'),
    slots: { exp_avg: leaf('first'), exp_avg_sq: leaf('second') },
    decays: true,
  };
  const scalars = { learningRate: input('learningRate', 'float32', []), stepsMade: input('step', 'float32', []) };
  const { gradientNorm } = optimizerStep([trained], scalars, options);
  const { norm: found } = await runGraph(
    { inputs: { gradient: trained.gradient }, outputs: { norm: gradientNorm } },
    { gradient: tensor('float32', shape, gradient) },
  );
  expect(relativeError(numbersOf(found), [norm(gradient)])).toBeLessThan(1e-6);
});
