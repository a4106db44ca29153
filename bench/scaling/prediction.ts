import { parameterCount } from '../../src/programs/index.ts';
import { modelFlops } from '../model-flops.ts';
import { termFactors } from './fit.ts';
import type { Prediction, ScalingPoint } from './report.ts';
import { headsOf, modelOf, type Sizes } from './sizes.ts';

/** With fewer sizes than these, four terms would follow their noise. */
const fewestSizes = 6;

/**
 * A formula for training with as many threads as the points have: what the products take, and what it takes to pass over activations,
 * attention scores and parameters. Undefined where the points don't tell these apart, being too few or on too few axes.
 */
export function predictionFrom(model: string, points: readonly ScalingPoint[]): Prediction | undefined {
  const time = fitted(
    points.map((point): Terms => [point.train.flops, ...countsOf(model, point)]),
    points.map(({ train }) => train.time.median / 1000),
  );
  if (time === undefined) return undefined;
  const known = points.filter(({ train }) => train.memory?.aboveBaseline !== undefined);
  const memory = fitted(
    known.map((point): Terms => [1, ...countsOf(model, point)]),
    known.map(({ train }) => train.memory?.aboveBaseline ?? 0),
  );
  const [secondsPerFlop, secondsPerActivation, secondsPerScore, secondsPerParameter] = time.factors;
  const memoryOf = ({ factors, within }: Fitted): Prediction['memory'] => {
    const [bytes, bytesPerActivation, bytesPerScore, bytesPerParameter] = factors;
    return { bytes, bytesPerActivation, bytesPerScore, bytesPerParameter, within };
  };
  return {
    time: { secondsPerFlop, secondsPerActivation, secondsPerScore, secondsPerParameter, within: time.within },
    memory: memory && memoryOf(memory),
  };
}

type Terms = readonly [number, number, number, number];

interface Fitted {
  readonly factors: Terms;
  readonly within: number;
}

function fitted(rows: readonly Terms[], values: readonly number[]): Fitted | undefined {
  if (rows.length < fewestSizes) return undefined;
  const found = termFactors(rows, values);
  if (found === undefined) return undefined;
  const [first = 0, second = 0, third = 0, fourth = 0] = found;
  const factors = [first, second, third, fourth] as const;
  const ratios = rows.map((row, index) => added(factors, row) / (values[index] ?? Number.NaN));
  return { factors, within: Math.max(...ratios.map((ratio) => Math.max(ratio, 1 / ratio))) };
}

function added(factors: Terms, terms: Terms): number {
  return factors.reduce((sum, factor, index) => sum + factor * (terms[index] ?? 0), 0);
}

/** How many activations, attention scores and parameters there are. */
function countsOf(model: string, { sizes, parameters }: Pick<ScalingPoint, 'sizes' | 'parameters'>) {
  const { layers, width, block, batch } = sizes;
  const tokens = batch * block * layers;
  return [tokens * width, tokens * headsOf(model) * block, parameters] as const;
}

/** What a formula says of a size: seconds a step, and bytes above the libraries. */
export function predict(
  prediction: Prediction,
  model: string,
  sizes: Sizes,
): { readonly seconds: number; readonly bytes: number | undefined } {
  const built = modelOf(model, sizes);
  const counts = countsOf(model, { sizes, parameters: parameterCount(built) });
  const { batch, block: time } = sizes;
  const { secondsPerFlop, secondsPerActivation, secondsPerScore, secondsPerParameter } = prediction.time;
  const flops = modelFlops(built, { batch, time, kind: 'train' });
  const { memory } = prediction;
  return {
    seconds: added([secondsPerFlop, secondsPerActivation, secondsPerScore, secondsPerParameter], [flops, ...counts]),
    bytes:
      memory &&
      added([memory.bytes, memory.bytesPerActivation, memory.bytesPerScore, memory.bytesPerParameter], [1, ...counts]),
  };
}
