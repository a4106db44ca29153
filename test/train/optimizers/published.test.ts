import { describe, expect, test } from 'vitest';
import { writeOnnx } from '../../../src/export/write-onnx.ts';
import { build, input, type Value } from '../../../src/graph/index.ts';
import { normals } from '../../../src/random/counter.ts';
import { type Tensor, type Tensors, tensor } from '../../../src/runtime/tensor.ts';
import { optimizerNamed } from '../../../src/train/optimizers/index.ts';
import { lion } from '../../../src/train/optimizers/lion.ts';
import type { OptimizerSetup } from '../../../src/train/optimizers/optimizer.ts';
import { sgd } from '../../../src/train/optimizers/sgd.ts';
import { decays, optimizerStep } from '../../../src/train/optimizers/step.ts';
import { norm, relativeError } from '../../support/interpreter-differences.ts';
import { numbersOf, openFile } from '../../support/run-graph.ts';

const steps = 25;
const shapes: Readonly<Record<string, readonly number[]>> = { matrix: [3, 4], vector: [5] };
const sizes: Readonly<Record<string, number>> = { matrix: 12, vector: 5 };
const names = Object.keys(shapes);
const learningRates = Array.from({ length: steps }, (_, step) => Math.fround(0.02 / (1 + step)));

/** A gradient that was not made from the parameters, so that rounding is not fed back. */
const gradientAt = (name: string, step: number): Float32Array =>
  normals(sizes[name] ?? 0, 1, 5, 100 * step + name.length);
const first = (name: string): Float32Array => normals(sizes[name] ?? 0, 1, 6, name.length);

/** What is known of each parameter: itself and its slots. */
type State = Readonly<Record<string, readonly number[]>>;

/** Our steps, in float32, by ONNX Runtime. */
async function ours(setup: OptimizerSetup): Promise<State> {
  const slots = Object.keys(optimizerNamed(setup.name).slots(setup));
  const leaf = (name: string, shape: readonly number[]): Value => input(name, 'float32', shape);
  const trained = names.map((name) => {
    const shape = shapes[name] ?? [];
    return {
      parameter: leaf(name, shape),
      gradient: leaf(`${name}.gradient`, shape),
      slots: Object.fromEntries(slots.map((slot) => [slot, leaf(`${name}.${slot}`, shape)])),
      decays: decays(leaf(name, shape), setup),
    };
  });
  const scalars = { learningRate: leaf('rate', []), stepsMade: leaf('made', []) };
  const { updated } = optimizerStep(trained, scalars, setup);
  const outputs = updated.flatMap(({ parameter, slots }, index) => [
    { name: `next.${names[index]}`, value: parameter },
    ...Object.entries(slots).map(([slot, value]) => ({ name: `next.${names[index]}.${slot}`, value })),
  ]);
  const inputs = [
    { name: 'rate', value: scalars.learningRate },
    ...trained.flatMap(({ parameter, gradient, slots }, index) => [
      { name: names[index] ?? '', value: parameter },
      { name: `${names[index]}.gradient`, value: gradient },
      ...Object.entries(slots).map(([slot, value]) => ({ name: `${names[index]}.${slot}`, value })),
    ]),
  ];
  const session = await openFile(writeOnnx(build({ name: 'steps', inputs, outputs })));
  let state: Tensors = Object.fromEntries(
    names.flatMap((name) => {
      const shape = shapes[name] ?? [];
      const zeros = slots.map((slot) => [
        `${name}.${slot}`,
        tensor('float32', shape, new Float32Array(sizes[name] ?? 0)),
      ]);
      return [[name, tensor('float32', shape, first(name))], ...zeros] as [string, Tensor][];
    }),
  );
  for (let step = 0; step < steps; step++) {
    const gradients = names.map((name) => [
      `${name}.gradient`,
      tensor('float32', shapes[name] ?? [], gradientAt(name, step)),
    ]);
    const rate = tensor('float32', [], [learningRates[step] ?? 0]);
    const next = await session.run({ ...state, ...Object.fromEntries(gradients), rate });
    state = Object.fromEntries(Object.entries(next).map(([name, value]) => [name.replace('next.', ''), value]));
  }
  await session.dispose();
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, numbersOf(value)]));
}

/** One element's step in float64: its parameter and its slot, from its clipped gradient. */
type Formula = (p: number, g: number, slot: number, rate: number, decay: number) => readonly [p: number, slot: number];

function expected(setup: OptimizerSetup, formula: Formula, slot: string): State {
  const state = new Map(
    names.flatMap((name) => [
      [name, Array.from(first(name))],
      [`${name}.${slot}`, Array.from(first(name), () => 0)],
    ]),
  );
  for (let step = 0; step < steps; step++) {
    const total = norm(names.flatMap((name) => Array.from(gradientAt(name, step))));
    const scale = setup.clip > 0 ? Math.min(1, setup.clip / (total + 1e-6)) : 1;
    for (const name of names) {
      const decay = setup.decayed === 'all' || name === 'matrix' ? Number(setup.weightDecay) : 0;
      const [parameter = [], kept = []] = [state.get(name), state.get(`${name}.${slot}`)];
      for (const [index, g] of gradientAt(name, step).entries()) {
        const moved = formula(parameter[index] ?? 0, g * scale, kept[index] ?? 0, learningRates[step] ?? 0, decay);
        [parameter[index], kept[index]] = moved as [number, number];
      }
    }
  }
  return Object.fromEntries(state);
}

/** Chen et al. 2023, algorithm 2. */
const lionFormula =
  ({ beta1, beta2 }: { beta1: number; beta2: number }): Formula =>
  (p, g, m, rate, decay) => [
    p - rate * (Math.sign(beta1 * m + (1 - beta1) * g) + decay * p),
    beta2 * m + (1 - beta2) * g,
  ];

/** What PyTorch's documentation of torch.optim.SGD writes. */
const sgdFormula =
  ({ momentum, nesterov }: { momentum: number; nesterov: boolean }): Formula =>
  (p, given, b, rate, decay) => {
    const g = given + decay * p;
    const buffer = momentum * b + g;
    return [p - rate * (nesterov ? g + momentum * buffer : buffer), buffer];
  };

describe('25 steps are those that were published', () => {
  const lions = [
    lion.with({ weightDecay: 0.5 }),
    lion.with({ beta1: 0.95, beta2: 0.98, weightDecay: 2, decayed: 'all', clip: 0.5 }),
    lion.with({ weightDecay: 0, clip: 0 }),
  ];
  test.each(lions)('of Lion: %o', async (setup) => {
    const [actual, wanted] = [await ours(setup), expected(setup, lionFormula(setup), 'exp_avg')];
    expect(Object.keys(actual).sort()).toEqual(Object.keys(wanted).sort());
    for (const name of Object.keys(wanted)) {
      expect(relativeError(actual[name] ?? [], wanted[name] ?? []), name).toBeLessThan(1e-6);
    }
  });

  const descents = [
    sgd.with({ weightDecay: 0.5 }),
    sgd.with({ nesterov: true, weightDecay: 0.3, decayed: 'all', clip: 0.5 }),
    sgd.with({ momentum: 0.5, clip: 0 }),
    sgd.with({ momentum: 0, weightDecay: 0.5 }),
  ];
  test.each(descents)('of SGD: %o', async (setup) => {
    const [actual, wanted] = [await ours(setup), expected(setup, sgdFormula(setup), 'momentum_buffer')];
    const kept = Object.keys(wanted).filter((name) => setup.momentum > 0 || names.includes(name));
    expect(Object.keys(actual).sort()).toEqual(kept.sort());
    for (const name of kept) {
      expect(relativeError(actual[name] ?? [], wanted[name] ?? []), name).toBeLessThan(1e-6);
    }
  });
});
