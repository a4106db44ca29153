import { formatBytes, formatCount, formatTable } from '../../src/cli/format.ts';
import { formatTime } from '../common/table.ts';
import type { StepKernels } from './kernels.ts';
import { stepsPerRun } from './point.ts';
import { along, type Exponents, type ScalingReport, utilizationOf } from './report.ts';
import type { Axis, Sizes } from './sizes.ts';

/** What the axes are called in tables. */
const names: Readonly<Record<Axis, string>> = {
  layers: 'layers',
  width: 'width',
  block: 'block size',
  batch: 'batch',
  threads: 'threads',
};

/** How many operators are listed besides the matrix products. */
const shownOperators = 5;

/** The report as lines to read. */
export function describeScaling(report: ScalingReport): string {
  const { machine, settings, base, exponents, kernels, gemmPeaks } = report;
  const peaks = Object.entries(gemmPeaks).map(([threads, gflops]) => `${gflops.toFixed(0)} with ${threads}`);
  return [
    `How a training step and writing grow around ${settings.model} (${sizesLine(base)}), one size at a time, each in fresh processes.`,
    `${machine.cpu}, ${machine.cores} cores, load ${machine.load.toFixed(1)} before; onnxruntime-node ${machine.versions.onnxruntime}, Node ${machine.versions.node}.`,
    `Medians; steps in runs of ${stepsPerRun}. Matrix products reach ${peaks.join(', ')} threads, in GFLOP/s.`,
    ...exponents.flatMap((one) => ['', ...axisLines(report, one)]),
    '',
    'By which power of a size each grows (1: twice the size, twice as much):',
    exponentTable(exponents),
    '',
    ...ruleLines(report),
    ...predictionLines(report),
    ...kernels.flatMap((one) => ['', ...kernelLines(one, gemmPeaks[one.sizes.threads])]),
  ].join('\n');
}

function sizesLine({ layers, width, block, batch, threads }: Sizes): string {
  return `${layers} layers, width ${width}, block ${block}, batch ${batch}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

function axisLines({ points, base, gemmPeaks }: ScalingReport, { axis }: Exponents): string[] {
  const rows = along(axis, points, base).map((point) => {
    const { sizes, parameters, train, decode } = point;
    return [
      `${sizes[axis]}`,
      formatCount(parameters),
      formatTime(train.time.median),
      formatTime(train.time.minimum),
      formatCount((sizes.batch * sizes.block * 1000) / train.time.median),
      `${(train.flops / 1e9).toPrecision(3)}`,
      `${(100 * utilizationOf(point, gemmPeaks[sizes.threads] ?? Number.NaN)).toFixed(0)} %`,
      train.memory?.aboveBaseline === undefined ? '–' : formatBytes(train.memory.aboveBaseline),
      formatTime(decode.time.median),
    ];
  });
  const header = [names[axis], 'parameters', 'ms a step', 'min', 'tokens/s', 'GFLOP', 'of peak', 'memory'];
  return formatTable([...header, 'ms a character'], rows).split('\n');
}

function exponentTable(exponents: readonly Exponents[]): string {
  const cell = (exponent: number | undefined): string => exponent?.toFixed(2) ?? '–';
  return formatTable(
    ['size', 'from', 'to', 'time of a step', 'its FLOPs', 'its memory', 'time of a character'],
    exponents.map(({ axis, values, trainTime, trainFlops, trainMemory, decodeTime }) => [
      names[axis],
      `${values[0] ?? '–'}`,
      `${values.at(-1) ?? '–'}`,
      ...[trainTime, trainFlops, trainMemory, decodeTime].map(cell),
    ]),
  );
}

function ruleLines({ rule, base, gemmPeaks }: ScalingReport): string[] {
  const peak = gemmPeaks[base.threads] ?? Number.NaN;
  return [
    `Rule of thumb: seconds a step ≈ FLOPs / (peak × utilisation), here FLOPs / (${peak.toFixed(0)}e9 × ${rule.utilization.toFixed(2)}),`,
    `within a factor of ${rule.within.toFixed(1)} for all sizes above; FLOPs = 3·B·T·(2·(12·L·C² + V·C) + 4·L·T·C), with`,
    'L layers, width C, H heads, block size T, batch B, V characters.',
  ];
}

function predictionLines({ prediction }: ScalingReport): string[] {
  if (prediction === undefined) return [];
  const { time, memory } = prediction;
  const nanoseconds = (seconds: number): string => `${(seconds * 1e9).toPrecision(2)} ns`;
  const bytes = (count: number): string => `${count.toFixed(0)} bytes`;
  const seconds = sumOf([
    [time.secondsPerFlop, `FLOPs / ${(1e-9 / time.secondsPerFlop).toFixed(0)}e9`],
    [time.secondsPerActivation, `B·T·L·C × ${nanoseconds(time.secondsPerActivation)}`],
    [time.secondsPerScore, `B·T·L·H·T × ${nanoseconds(time.secondsPerScore)}`],
    [time.secondsPerParameter, `parameters × ${nanoseconds(time.secondsPerParameter)}`],
  ]);
  const lines = [`Finer, within a factor of ${time.within.toFixed(2)}: seconds a step ≈ ${seconds}.`];
  if (memory === undefined) return lines;
  const held = sumOf([
    [memory.bytes, formatBytes(memory.bytes)],
    [memory.bytesPerActivation, `B·T·L·C × ${bytes(memory.bytesPerActivation)}`],
    [memory.bytesPerScore, `B·T·L·H·T × ${bytes(memory.bytesPerScore)}`],
    [memory.bytesPerParameter, `parameters × ${bytes(memory.bytesPerParameter)}`],
  ]);
  return [...lines, `Memory above the libraries, within a factor of ${memory.within.toFixed(2)}: ${held}.`];
}

/** A sum of terms as it is written, without those whose factor is 0. */
function sumOf(terms: readonly (readonly [factor: number, text: string])[]): string {
  return terms.flatMap(([factor, text]) => (factor === 0 ? [] : [text])).join(' + ');
}

function kernelLines({ sizes, milliseconds, products, others }: StepKernels, peak: number | undefined): string[] {
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const { gflops, share } = products;
  const ofPeak = peak === undefined ? '' : `, ${percent(gflops / peak)} of the peak`;
  const floor = peak === undefined ? milliseconds : (products.milliseconds * gflops) / peak;
  const rest = others.slice(0, shownOperators).map(({ operator, share: part, gigabytesPerSecond }) => {
    return `${operator} ${percent(part)} (${gigabytesPerSecond.toFixed(0)} GB/s)`;
  });
  return [
    `Inside ONNX Runtime's kernels, ${sizesLine(sizes)}: ${formatTime(milliseconds)} ms a step (profiled).`,
    `Matrix products take ${percent(share)} at ${gflops.toFixed(0)} GFLOP/s${ofPeak}: no graph with these products takes less than ${formatTime(products.milliseconds)} ms with these kernels, ${formatTime(floor)} ms at the peak.`,
    `Then ${rest.join(', ')}.`,
  ];
}
