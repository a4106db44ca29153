import { AttributeType, DataType } from '../../src/onnx/enums.ts';
import type { ModelProto, ValueInfoProto } from '../../src/onnx/protos.ts';
import { tensorProto } from '../../src/onnx/tensor-proto.ts';

const value = (name: string, ...sizes: (number | string)[]): ValueInfoProto => ({
  name,
  type: {
    tensorType: {
      elemType: DataType.FLOAT,
      shape: { dim: sizes.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size })) },
    },
  },
});

/** A small valid model (opset 17, IR 8) that has a weight, attributes, a symbol, a function, training information and metadata. */
export const exampleModel: ModelProto = {
  irVersion: 8,
  producerName: 'trilu',
  producerVersion: '0.1.0',
  modelVersion: 2n ** 62n,
  graph: {
    name: 'example',
    node: [
      { input: ['x', 'weight'], output: ['product'], name: 'product', opType: 'MatMul' },
      {
        input: ['product'],
        output: ['moved'],
        name: 'moved',
        opType: 'Transpose',
        attribute: [{ name: 'perm', type: AttributeType.INTS, ints: [1, 0] }],
      },
      {
        input: ['moved'],
        output: ['y'],
        opType: 'LeakyRelu',
        attribute: [{ name: 'alpha', type: AttributeType.FLOAT, f: 0.25 }],
      },
    ],
    initializer: [
      tensorProto(
        'weight',
        'float32',
        [2, 3],
        Float32Array.of(1, -0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** -149),
      ),
    ],
    input: [value('x', 'batch', 2)],
    output: [value('y', 3, 'batch')],
  },
  opsetImport: [
    { domain: '', version: 17 },
    { domain: 'trilu', version: 1 },
  ],
  metadataProps: [
    { key: 'trilu.vocabulary', value: '["\\n"," ","é","😀"]' },
    { key: '__proto__', value: '' },
  ],
  trainingInfo: [
    {
      algorithm: { name: 'step', node: [{ input: ['weight'], output: ['next.weight'], opType: 'Identity' }] },
      updateBinding: [{ key: 'weight', value: 'next.weight' }],
    },
  ],
  functions: [
    {
      name: 'Twice',
      input: ['x'],
      output: ['y'],
      node: [{ input: ['x', 'x'], output: ['y'], opType: 'Add' }],
      opsetImport: [{ domain: '', version: 17 }],
      domain: 'trilu',
    },
  ],
};
