import { encodeModel } from '../../src/onnx/codec.ts';
import { AttributeType, DataType } from '../../src/onnx/enums.ts';
import type { AttributeProto, NodeProto, TensorProto, ValueInfoProto } from '../../src/onnx/protos.ts';

/** The element types that tests of the runtime use. */
export type TinyType = 'float32' | 'float16' | 'int32' | 'int64' | 'uint8' | 'bool' | 'string' | 'float64';

const dataTypes: Record<TinyType, number> = {
  float32: DataType.FLOAT,
  float16: DataType.FLOAT16,
  float64: DataType.DOUBLE,
  int32: DataType.INT32,
  int64: DataType.INT64,
  uint8: DataType.UINT8,
  bool: DataType.BOOL,
  string: DataType.STRING,
};

/** A graph's input or output. */
export function value(name: string, type: TinyType, shape: readonly (number | string)[]): ValueInfoProto {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: dataTypes[type], shape: dim.length === 0 ? {} : { dim } } } };
}

/** An attribute that is an integer or a list of integers. */
export function attribute(name: string, content: number | readonly number[]): AttributeProto {
  return typeof content === 'number'
    ? { name, type: AttributeType.INT, i: content }
    : { name, type: AttributeType.INTS, ints: content };
}

/** A node; its name is that of its first output. */
export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: readonly AttributeProto[] = [],
): NodeProto {
  const name = output[0] ?? opType;
  return { opType, input, output, name, ...(attributes.length === 0 ? {} : { attribute: attributes }) };
}

/** A float32 or int64 constant. */
export function constant(name: string, dims: readonly number[], data: Float32Array | BigInt64Array): TensorProto {
  return {
    name,
    ...(dims.length === 0 ? {} : { dims }),
    dataType: data instanceof Float32Array ? DataType.FLOAT : DataType.INT64,
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

/** What a tiny model is made of. */
export interface TinyModel {
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly nodes: readonly NodeProto[];
  readonly constants?: readonly TensorProto[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The bytes of an ONNX file (opset 18, IR 8). */
export function tinyModel({ inputs, outputs, nodes, constants = [], metadata = {} }: TinyModel): Uint8Array {
  const metadataProps = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  return encodeModel({
    irVersion: 8,
    opsetImport: [{ version: 18 }],
    graph: {
      name: 'tiny',
      node: nodes,
      ...(constants.length === 0 ? {} : { initializer: constants }),
      input: inputs,
      output: outputs,
    },
    ...(metadataProps.length === 0 ? {} : { metadataProps }),
  });
}

/** y = x · w + b: x [batch, 2], b [3]; w is a constant [2, 3] of 1 … 6. */
export function affine(): Uint8Array {
  return tinyModel({
    inputs: [value('x', 'float32', ['batch', 2]), value('b', 'float32', [3])],
    outputs: [value('y', 'float32', ['batch', 3])],
    nodes: [node('MatMul', ['x', 'w'], ['product']), node('Add', ['product', 'b'], ['y'])],
    constants: [constant('w', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6))],
  });
}

/** A program with state: count [1] grows by amount [1]; the output `doubled` is twice the new count. */
export function counter(): Uint8Array {
  return tinyModel({
    inputs: [value('amount', 'float32', [1]), value('count', 'float32', [1])],
    outputs: [value('doubled', 'float32', [1]), value('next.count', 'float32', [1])],
    nodes: [node('Add', ['count', 'amount'], ['next.count']), node('Mul', ['next.count', 'two'], ['doubled'])],
    constants: [constant('two', [1], Float32Array.of(2))],
    metadata: {
      'trilu.program': 'counter',
      'trilu.config': '{"start":7}',
      'trilu.vocabulary': '["a","\\n","🙂"]',
      'trilu.state': '[{"input":"count","output":"next.count"}]',
    },
  });
}

/** How many characters the tiny language models know. */
export const tinyVocabulary = 11;

/** logits[v] = 3 · sin((v + 1) · (the sum of all tokens up to here, each plus one)): every past token matters. */
const logitNodes: readonly NodeProto[] = [
  node('Unsqueeze', ['sums', 'minus one'], ['column']),
  node('Mul', ['column', 'frequencies'], ['angles']),
  node('Sin', ['angles'], ['waves']),
  node('Mul', ['waves', 'three'], ['logits']),
];

const logitConstants: readonly TensorProto[] = [
  constant(
    'frequencies',
    [tinyVocabulary],
    Float32Array.from({ length: tinyVocabulary }, (_, index) => index + 1),
  ),
  constant('three', [], Float32Array.of(3)),
  constant('one', [], Float32Array.of(1)),
  constant('axis one', [], BigInt64Array.of(1n)),
  constant('minus one', [1], BigInt64Array.of(-1n)),
];

/** A forward program that stands for a language model: tokens [batch, time] → logits [batch, time, vocabulary]. */
export function tinyForward(): Uint8Array {
  return tinyModel({
    inputs: [value('tokens', 'int32', ['batch', 'time'])],
    outputs: [value('logits', 'float32', ['batch', 'time', tinyVocabulary])],
    nodes: [
      node('Cast', ['tokens'], ['floats'], [attribute('to', DataType.FLOAT)]),
      node('Add', ['floats', 'one'], ['weights']),
      node('CumSum', ['weights', 'axis one'], ['sums']),
      ...logitNodes,
    ],
    constants: logitConstants,
    metadata: { 'trilu.program': 'forward' },
  });
}

/** The same language model as a decode program, whose cache [batch, past] is the tokens so far. */
export function tinyDecode(): Uint8Array {
  return tinyModel({
    inputs: [value('tokens', 'int32', ['batch', 'time']), value('cache', 'float32', ['batch', 'past'])],
    outputs: [
      value('logits', 'float32', ['batch', 'time', tinyVocabulary]),
      value('next.cache', 'float32', ['batch', 'total']),
    ],
    nodes: [
      node('Cast', ['tokens'], ['floats'], [attribute('to', DataType.FLOAT)]),
      node('Add', ['floats', 'one'], ['weights']),
      node('Concat', ['cache', 'weights'], ['next.cache'], [attribute('axis', 1)]),
      node('CumSum', ['next.cache', 'axis one'], ['all sums']),
      node('Shape', ['tokens'], ['time'], [attribute('start', 1), attribute('end', 2)]),
      node('Neg', ['time'], ['start']),
      node('Slice', ['all sums', 'start', 'end', 'axes'], ['sums']),
      ...logitNodes,
    ],
    constants: [
      ...logitConstants,
      constant('end', [1], BigInt64Array.of(2n ** 62n)),
      constant('axes', [1], BigInt64Array.of(1n)),
    ],
    metadata: { 'trilu.program': 'decode', 'trilu.state': '[{"input":"cache","output":"next.cache"}]' },
  });
}

/** `rounds` matrix products of x [size, size], one after another: a run that takes a while. */
export function slow(rounds: number): Uint8Array {
  return tinyModel({
    inputs: [value('x', 'float32', ['size', 'size'])],
    outputs: [value('y', 'float32', ['size', 'size'])],
    nodes: Array.from({ length: rounds }, (_, round) =>
      node('MatMul', [round === 0 ? 'x' : `y${round}`, 'x'], [round === rounds - 1 ? 'y' : `y${round + 1}`]),
    ),
  });
}

/** Hands each input [n] of its own element type back as it came, under the name "<input> again". */
export function identities(types: Readonly<Record<string, TinyType>>): Uint8Array {
  const inputs = Object.entries(types);
  return tinyModel({
    inputs: inputs.map(([name, type]) => value(name, type, [`size of ${name}`])),
    outputs: inputs.map(([name, type]) => value(`${name} again`, type, [`size of ${name}`])),
    nodes: inputs.map(([name]) => node('Identity', [name], [`${name} again`])),
  });
}

/** table [4] looked up at index [n] (int64): an index out of bounds fails inside ONNX Runtime. */
export function lookup(): Uint8Array {
  return tinyModel({
    inputs: [value('index', 'int64', ['n'])],
    outputs: [value('found', 'float32', ['n'])],
    nodes: [node('Gather', ['table', 'index'], ['found'])],
    constants: [constant('table', [4], Float32Array.of(10, 20, 30, 40))],
  });
}
