import { InferenceSession, Tensor } from 'onnxruntime-node';
import { writeOnnx } from '../src/export/write-onnx.ts';
import { build, input, loop, matMul, parameter, slice, turnNumber, type Value } from '../src/graph/index.ts';
import { uniform } from '../src/random/counter.ts';
import { type OpenBlasPeak, openBlasPeak } from './gemm-peak-openblas.ts';
import { type GemmShape, gemmOperations, gemmShapes } from './gemm-shapes.ts';

/** `input`: the factor that stays is fed at each run, as weights in training are; `initializer`: the file holds it, as in inference. */
export type WeightsAs = 'input' | 'initializer';

export interface GemmRate {
  readonly shape: GemmShape;
  readonly weightsAs: WeightsAs;
  /** The best of all runs, in 10⁹ operations a second. */
  readonly gflops: number;
}

/** What matrix products reach on this machine, with so many threads. */
export interface GemmPeak {
  readonly threads: number;
  /** The best that ONNX Runtime reached, and with which products. */
  readonly gflops: number;
  readonly best: GemmRate;
  readonly rates: readonly GemmRate[];
  /** PyTorch's, for comparison: absent where PyTorch is. */
  readonly openBlas?: OpenBlasPeak;
}

export interface GemmPeakOptions {
  readonly threads: number;
  /** Unless told, a large square, and those of gpt-nano (12 × 64 tokens) and gpt (8 × 256 tokens). */
  readonly shapes?: readonly GemmShape[];
  /** How long each shape is tried, in each form. */
  readonly milliseconds?: number;
  /** Whether PyTorch is asked too, where it is installed. */
  readonly openBlas?: boolean;
}

/** Operations that one run of the graph makes at least, so that what a run costs besides vanishes. */
const operationsOfRun = 2e9;

/** The fewest runs, however long they take; the first warms up. */
const fewestRuns = 4;

/**
 * The most operations a second that ONNX Runtime's matrix products reach on this machine in float32: what the utilisation of a model
 * is measured by. Products repeat inside a Loop, each fed with the last one's result, so that nothing but products is measured.
 */
export async function gemmPeak(options: GemmPeakOptions): Promise<GemmPeak> {
  const { threads, shapes = gemmShapes, milliseconds = 250, openBlas = true } = options;
  const rates: GemmRate[] = [];
  for (const shape of shapes) {
    for (const weightsAs of ['input', 'initializer'] as const) {
      rates.push({ shape, weightsAs, gflops: await rate(shape, weightsAs, { threads, milliseconds }) });
    }
  }
  const [first, ...others] = rates;
  if (first === undefined) throw new RangeError('there is no shape to measure');
  const best = others.reduce((left, right) => (right.gflops > left.gflops ? right : left), first);
  const peak = openBlas ? await openBlasPeak({ threads, shapes, milliseconds }) : undefined;
  return { threads, gflops: best.gflops, best, rates, ...(peak === undefined ? {} : { openBlas: peak }) };
}

interface Budget {
  readonly threads: number;
  readonly milliseconds: number;
}

async function rate(shape: GemmShape, weightsAs: WeightsAs, { threads, milliseconds }: Budget): Promise<number> {
  const { rows, inner, outer } = shape;
  const weights = { there: matrix(inner, outer), back: matrix(outer, inner) };
  const session = await InferenceSession.create(gemmModel(shape, weightsAs, weights), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    extra: { session: { set_denormal_as_zero: '1' } },
  });
  try {
    const pairs = Math.ceil(operationsOfRun / gemmOperations(shape));
    const feeds = {
      x: new Tensor(matrix(rows, inner), [rows, inner]),
      pairs: new Tensor(BigInt64Array.of(BigInt(pairs)), []),
      ...(weightsAs === 'initializer'
        ? {}
        : { there: new Tensor(weights.there, [inner, outer]), back: new Tensor(weights.back, [outer, inner]) }),
    };
    let shortest = Number.POSITIVE_INFINITY;
    const started = performance.now();
    for (let run = 0; run < fewestRuns || performance.now() - started < milliseconds; run++) {
      const start = performance.now();
      await session.run(feeds);
      if (run > 0) shortest = Math.min(shortest, performance.now() - start);
    }
    return (gemmOperations(shape) * pairs) / shortest / 1e6;
  } finally {
    await session.release();
  }
}

/** `x` goes there and back so often; one element of it comes out. */
function gemmModel(
  { rows, inner, outer }: GemmShape,
  weightsAs: WeightsAs,
  weights: { readonly there: Float32Array; readonly back: Float32Array },
): Uint8Array {
  const factor = (name: string, shape: readonly number[]): Value =>
    weightsAs === 'input' ? input(name, 'float32', shape) : parameter(name, [...shape]);
  const [there, back] = [factor('there', [inner, outer]), factor('back', [outer, inner])];
  const x = input('x', 'float32', [rows, inner]);
  const pairs = input('pairs', 'int64', []);
  const formal = input('x', 'float32', [rows, inner]);
  const next = matMul(matMul(formal, there), back);
  const repeated = loop({
    count: pairs,
    turns: 'pairs',
    states: [{ formal, initial: x, next }],
    outputs: [],
    turn: turnNumber(),
  });
  const [result = x] = repeated.states;
  const corner = slice(slice(result, { axis: 0, start: 0, end: 1 }), { axis: 1, start: 0, end: 1 });
  const held = weightsAs === 'input' ? { there, back } : {};
  const graph = build({ name: 'matrix products', inputs: { x, pairs, ...held }, outputs: { corner } });
  return writeOnnx(graph, { weights: new Map(Object.entries(weights)) });
}

/** Numbers of mean 0, so spread that a product with them keeps the size of what it is multiplied with. */
function matrix(inputs: number, outputs: number): Float32Array {
  const width = Math.sqrt(12 / inputs);
  return Float32Array.from({ length: inputs * outputs }, (_, index) => (uniform(inputs, outputs, index) - 0.5) * width);
}
