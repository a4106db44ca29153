import { writeOnnx } from '../../../src/export/write-onnx.ts';
import { gradients } from '../../../src/graph/gradients.ts';
import {
  abs,
  add,
  build,
  input,
  matMul,
  mul,
  reduceMean,
  reduceSumSquare,
  scan,
  sqrt,
  sub,
  type Value,
} from '../../../src/graph/index.ts';
import { open } from '../../../src/runtime/node/open.ts';
import type { Session } from '../../../src/runtime/session.ts';
import { type Tensors, tensor } from '../../../src/runtime/tensor.ts';
import type { RunPlan } from '../../../src/train/trainer/trainer.ts';

/** A run that learns y = 3·x₀ − 2·x₁ + 1 by plain gradient descent: nothing of a language, a text or a model. */

const state = [
  { name: 'slope', shape: [2, 1] },
  { name: 'offset', shape: [] },
] as const;

function meanSquare(x: Value, y: Value, [slope, offset]: readonly Value[]): Value {
  const error = sub(add(matMul(x, slope as Value), offset as Value), y);
  return reduceMean(mul(error, error));
}

/** x float32 (steps, batch, 2) and y (steps, batch, 1), the learning rates, and slope and offset → loss and gradient_norm (steps). */
function trainFile(): Uint8Array {
  const [x, y] = [input('x', 'float32', ['batch', 2]), input('y', 'float32', ['batch', 1])];
  const rate = input('rate', 'float32', []);
  const formals = state.map(({ name, shape }) => input(name, 'float32', shape));
  const loss = meanSquare(x, y, formals);
  const slopes = gradients(loss, formals);
  const norm = sqrt(slopes.map((slope) => reduceSumSquare(slope)).reduce((sum, square) => add(sum, square)));
  const inputs = state.map(({ name, shape }) => ({ name, value: input(name, 'float32', shape) }));
  const sequences = {
    x: input('x', 'float32', ['steps', 'batch', 2]),
    y: input('y', 'float32', ['steps', 'batch', 1]),
    learning_rate: input('learning_rate', 'float32', ['steps']),
  };
  const { states, outputs } = scan({
    states: formals.map((formal, index) => ({
      formal,
      initial: inputs[index]?.value ?? formal,
      next: sub(formal, mul(rate, slopes[index] ?? formal)),
    })),
    sequences: [
      { formal: x, sequence: sequences.x },
      { formal: y, sequence: sequences.y },
      { formal: rate, sequence: sequences.learning_rate },
    ],
    outputs: [loss, norm],
  });
  const [losses, norms] = outputs as [Value, Value];
  const next = Object.fromEntries(state.map(({ name }, index) => [`next.${name}`, states[index] as Value]));
  const graph = build({
    name: 'regression',
    inputs: [...Object.entries(sequences).map(([name, value]) => ({ name, value })), ...inputs],
    outputs: { loss: losses, gradient_norm: norms, ...next },
  });
  const pairs = state.map(({ name }) => ({ input: name, output: `next.${name}` }));
  return writeOnnx(graph, { metadata: { 'trilu.state': JSON.stringify(pairs) } });
}

/** x and y of one batch, slope and offset → loss, and absolute_error besides: both scalars. */
function evaluationFile(): Uint8Array {
  const [x, y] = [input('x', 'float32', ['batch', 2]), input('y', 'float32', ['batch', 1])];
  const parameters = state.map(({ name, shape }) => ({ name, value: input(name, 'float32', shape) }));
  const [slope, offset] = parameters.map(({ value }) => value) as [Value, Value];
  const absolute_error = reduceMean(abs(sub(add(matMul(x, slope), offset), y)));
  const inputs = [...Object.entries({ x, y }).map(([name, value]) => ({ name, value })), ...parameters];
  return writeOnnx(
    build({ name: 'evaluation', inputs, outputs: { loss: meanSquare(x, y, [slope, offset]), absolute_error } }),
  );
}

const openHere = (file: Uint8Array): Promise<Session> => open(file, { device: 'cpu', worker: false, threads: 1 });

export const openTraining = (): Promise<Session> => openHere(trainFile());
export const openEvaluation = (): Promise<Session> => openHere(evaluationFile());

/** Batch `index` of all there are, the same each time it is asked for. */
export function batch(index: number, size = 4): Tensors {
  const x = Float32Array.from({ length: 2 * size }, (_, place) => Math.sin(7 * index + 1.3 * place));
  const y = Float32Array.from({ length: size }, (_, row) => 3 * (x[2 * row] ?? 0) - 2 * (x[2 * row + 1] ?? 0) + 1);
  return { x: tensor('float32', [size, 2], x), y: tensor('float32', [size, 1], y) };
}

export const initial: Tensors = {
  slope: tensor('float32', [2, 1], [0, 0]),
  offset: tensor('float32', [], [0]),
};

export const plan: RunPlan = {
  steps: 40,
  stepsPerRun: 10,
  evaluateEvery: 0,
  sampleEvery: 0,
  checkpointEvery: 0,
  patience: 0,
  onDivergence: 'stop',
};
