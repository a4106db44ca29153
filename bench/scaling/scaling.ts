import { availableParallelism } from 'node:os';
import { parameterCount } from '../../src/programs/index.ts';
import { loadWarning, thisMachine } from '../common/machine.ts';
import { peakOf } from '../common/peak.ts';
import { summarize } from '../common/statistics.ts';
import { modelFlops } from '../model-flops.ts';
import { charactersIn } from './decode-files.ts';
import { exponentOf, type Sample } from './fit.ts';
import { type StepKernels, stepKernels } from './kernels.ts';
import { type Measured, measurePoint } from './point.ts';
import { predictionFrom } from './prediction.ts';
import {
  along,
  type Exponents,
  type RuleOfThumb,
  type ScalingBench,
  type ScalingPoint,
  type ScalingReport,
  type ScalingResult,
  utilizationOf,
} from './report.ts';
import { type Axis, axes, modelOf, type Sizes, sizesOf, valuesOn } from './sizes.ts';

export { describeScaling } from './describe.ts';

export const scalingDefaults: ScalingBench = {
  model: 'gpt-nano',
  batch: 12,
  threads: Math.min(2, availableParallelism()),
  rounds: 3,
  milliseconds: 700,
};

/** What one pass over a size brought. */
type Pass = Awaited<ReturnType<typeof measurePoint>>;

/**
 * Measures how training and writing grow with each size of a model, one at a time, each size in fresh processes.
 * @throws UserError for a model that is not measured
 */
export async function benchScaling(bench: ScalingBench, say: (line: string) => void): Promise<ScalingReport> {
  const base = sizesOf(bench.model, bench);
  const machine = thisMachine();
  for (const line of loadWarning(machine)) say(line);
  const chosen = bench.axes ?? axes;
  const wanted = new Map<string, Sizes>();
  for (const axis of chosen) {
    for (const value of valuesOn(bench.model, axis, base)) {
      const sizes = { ...base, [axis]: value };
      wanted.set(nameOf(sizes), sizes);
    }
  }
  const gemmPeaks: Record<number, number> = {};
  for (const { threads } of wanted.values()) gemmPeaks[threads] ??= await peakOf(threads);
  const measured = new Map<string, Pass[]>();
  for (let round = 1; round <= bench.rounds; round++) {
    for (const [name, sizes] of wanted) {
      const pass = await measurePoint({ model: bench.model, sizes, milliseconds: bench.milliseconds });
      measured.set(name, [...(measured.get(name) ?? []), pass]);
      const told = `${medianOf(pass.train)} ms a step, ${medianOf(pass.decode)} ms a character`;
      say(`scaling, round ${round} of ${bench.rounds}, ${name}: ${told}`);
    }
  }
  const points = [...wanted].map(([name, sizes]) => pointOf(bench.model, sizes, measured.get(name) ?? []));
  const kernels: StepKernels[] = [];
  for (const sizes of profiled(bench.model, base, chosen)) kernels.push(await stepKernels(bench.model, sizes));
  const exponents = chosen.map((axis) => exponentsOf(axis, along(axis, points, base)));
  const rule = ruleOf(points, base, gemmPeaks[base.threads] ?? 0);
  const prediction = predictionFrom(
    bench.model,
    points.filter(({ sizes }) => sizes.threads === base.threads),
  );
  return { machine, settings: bench, gemmPeaks, base, points, exponents, rule, prediction, kernels };
}

function medianOf({ times }: Measured): string {
  return summarize(times).median.toPrecision(3);
}

/** What all passes over a size come to. */
function pointOf(name: string, sizes: Sizes, passes: readonly Pass[]): ScalingPoint {
  const model = modelOf(name, sizes);
  const { batch, block } = sizes;
  const { prompt, count } = charactersIn(block);
  const looked = prompt + count / 2; // in the middle of what is written
  const together = (all: readonly Measured[]): Omit<ScalingResult, 'flops'> => {
    const most = all.flatMap(({ memory }) => memory ?? []).sort((left, right) => right.peak - left.peak)[0];
    return { time: summarize(all.flatMap(({ times }) => times)), ...(most === undefined ? {} : { memory: most }) };
  };
  return {
    sizes,
    parameters: parameterCount(model),
    train: {
      ...together(passes.map(({ train }) => train)),
      flops: modelFlops(model, { batch, time: block, kind: 'train' }),
    },
    decode: {
      ...together(passes.map(({ decode }) => decode)),
      flops: modelFlops(model, { batch, time: looked, kind: 'decode' }),
    },
  };
}

function nameOf({ layers, width, block, batch, threads }: Sizes): string {
  return `${layers} layers, width ${width}, block ${block}, batch ${batch}, threads ${threads}`;
}

/** The model's own size, and the largest of those that make its matrices larger. */
function profiled(model: string, base: Sizes, chosen: readonly Axis[]): Sizes[] {
  const larger = (['width', 'block'] as const).filter((axis) => chosen.includes(axis));
  return [base, ...larger.map((axis) => ({ ...base, [axis]: Math.max(...valuesOn(model, axis, base)) }))];
}

function exponentsOf(axis: Axis, points: readonly ScalingPoint[]): Exponents {
  const exponent = <Name extends string>(name: Name, read: (point: ScalingPoint) => number | undefined) => {
    const samples = points.flatMap((point): Sample[] => {
      const value = read(point);
      return value === undefined || value <= 0 ? [] : [{ size: point.sizes[axis], value }];
    });
    const exponent = exponentOf(samples);
    return (exponent === undefined ? {} : { [name]: exponent }) as { readonly [Key in Name]?: number };
  };
  return {
    axis,
    values: points.map(({ sizes }) => sizes[axis]),
    ...exponent('trainTime', ({ train }) => train.time.median),
    ...exponent('trainFlops', ({ train }) => train.flops),
    ...exponent('trainMemory', ({ train }) => train.memory?.aboveBaseline),
    ...exponent('decodeTime', ({ decode }) => decode.time.median),
  };
}

function ruleOf(points: readonly ScalingPoint[], base: Sizes, gemmPeak: number): RuleOfThumb {
  const shares = points
    .filter(({ sizes }) => sizes.threads === base.threads)
    .map((point) => utilizationOf(point, gemmPeak))
    .sort((left, right) => left - right);
  const [smallest = Number.NaN, largest = Number.NaN] = [shares[0], shares.at(-1)];
  const utilization = shares[shares.length >> 1] ?? Number.NaN;
  return { utilization, within: Math.max(utilization / smallest, largest / utilization) };
}
