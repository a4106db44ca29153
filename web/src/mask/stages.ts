import {
  build,
  constant,
  dimensionOf,
  dimensionsOf,
  div,
  equal,
  expand,
  type Graph,
  input,
  matMul,
  reduceSum,
  softmax,
  trilu,
  type Value,
  vector,
  where,
} from '../../../src/graph.ts';
import { writeOnnx } from '../../../src/onnx.ts';
import type { StageName } from './protocol.ts';

/*
 * The steps as graphs of their own, for texts of any length. Every value on the way is an output with a name, so that whoever
 * opens a file elsewhere can look at it too.
 */

type Named = Readonly<Record<string, Value>>;

/** How much each place cares for each other. @returns (time, time) */
function affinitiesInput(): Value {
  return input('affinities', 'float32', ['time', 'time']);
}

/** What each place has to tell. @returns (time, channels) */
function valuesInput(): Value {
  return input('values', 'float32', ['time', 'channels']);
}

/** Who may look at whom. @param lengths int64 (2): time, time */
function lowerTriangle(lengths: Value): Named & { readonly triangle: Value } {
  const ones = expand(constant(1), lengths); // (T, T)
  return { lengths, ones, triangle: trilu(ones) };
}

/** The affinities with the future at −∞. */
function causal(affinities: Value): Named & { readonly masked: Value } {
  const made = lowerTriangle(dimensionsOf(affinities));
  const future = equal(made.triangle, 0); // (T, T)
  return { ...made, future, masked: where(future, -Infinity, affinities) };
}

/** Rows that sum to 1. */
function attended(affinities: Value): Named & { readonly weights: Value } {
  const made = causal(affinities);
  return { ...made, weights: softmax(made.masked, { axis: -1 }) };
}

/** The size of a square matrix, a row and a column for each row of `x`. */
function square(x: Value): { readonly length: Value; readonly lengths: Value } {
  const length = dimensionOf(x, 0);
  return { length, lengths: vector([length, length]) };
}

function graph(name: string, inputs: Named, outputs: Named): Graph {
  return build({ name, inputs, outputs });
}

function zeros(): Graph {
  const characters = input('characters', 'int32', ['time']);
  const made = square(characters);
  return graph('zeros', { characters }, { ...made, zeros: expand(constant(0), made.lengths) });
}

function triangle(): Graph {
  const affinities = affinitiesInput();
  return graph('triangle', { affinities }, lowerTriangle(dimensionsOf(affinities)));
}

function mask(): Graph {
  const affinities = affinitiesInput();
  return graph('mask', { affinities }, causal(affinities));
}

function maskAndSoftmax(): Graph {
  const affinities = affinitiesInput();
  return graph('mask and softmax', { affinities }, attended(affinities));
}

function meanByMatMul(): Graph {
  const values = valuesInput();
  const { length, lengths } = square(values);
  const made = lowerTriangle(lengths);
  const sums = reduceSum(made.triangle, { axes: [-1], keepDims: true }); // (T, 1)
  const weights = div(made.triangle, sums); // (T, T)
  return graph('mean by matmul', { values }, { length, ...made, sums, weights, means: matMul(weights, values) });
}

function meanBySoftmax(): Graph {
  const [affinities, values] = [affinitiesInput(), valuesInput()];
  const made = attended(affinities);
  return graph('mean by softmax', { affinities, values }, { ...made, means: matMul(made.weights, values) });
}

interface Stage {
  readonly graph: () => Graph;
  readonly file: string;
  readonly description: string;
}

const stages: Readonly<Record<StageName, Stage>> = {
  zeros: { graph: zeros, file: 'zeros', description: 'Nobody looks at anybody yet: a matrix of zeros.' },
  triangle: { graph: triangle, file: 'triangle', description: 'Who may look at whom: the lower triangle, by Trilu.' },
  mask: { graph: mask, file: 'mask', description: 'Affinities with the future set to −∞, by Where.' },
  softmax: {
    graph: maskAndSoftmax,
    file: 'mask-and-softmax',
    description: 'Causal attention weights: affinities, the future set to −∞, and Softmax along the rows.',
  },
  meanByMatMul: {
    graph: meanByMatMul,
    file: 'mean-by-matmul',
    description: 'The mean of each past: a lower triangle divided by its row sums, times the values.',
  },
  meanBySoftmax: {
    graph: meanBySoftmax,
    file: 'mean-by-softmax',
    description: 'The mean of each past: masked affinities, Softmax, times the values.',
  },
};

const written = new Map<StageName, Uint8Array<ArrayBuffer>>();

/** The .onnx file of a step. */
export function stageFile(name: StageName): Uint8Array<ArrayBuffer> {
  const known = written.get(name);
  if (known !== undefined) return known;
  const { graph: made, description } = stages[name];
  const bytes = writeOnnx(made(), { docString: description });
  written.set(name, bytes);
  return bytes;
}

/** What a step's file is called when it is kept. */
export function stageFileName(name: StageName): string {
  return `${stages[name].file}.onnx`;
}
