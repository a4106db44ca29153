import { expect, test } from 'vitest';
import { encodeModel } from '../../src/onnx/codec.ts';
import { readModelSummary } from '../../src/onnx/metadata.ts';
import { tensorProto } from '../../src/onnx/tensor-proto.ts';
import { exampleModel } from './example-model.ts';

test('a summary has what the model says of itself', () => {
  const summary = readModelSummary(encodeModel(exampleModel));
  expect(summary).toEqual({
    irVersion: 8,
    opsets: { '': 17, trilu: 1 },
    producerName: 'trilu',
    graphName: 'example',
    // Computed, so that it is a key and not the prototype.
    metadata: { 'trilu.vocabulary': '["\\n"," ","é","😀"]', ['__proto__']: '' },
  });
  expect(Object.keys(summary.metadata)).toContain('__proto__');
});

test("the long name of ONNX's own operator set counts as the short one", () => {
  const model = { ...exampleModel, opsetImport: [{ domain: 'ai.onnx', version: 18 }] };
  expect(readModelSummary(encodeModel(model)).opsets).toEqual({ '': 18 });
});

test('a metadata key given twice is refused', () => {
  const model = { ...exampleModel, metadataProps: [{ key: 'a', value: '1' }, { key: 'a' }] };
  expect(() => readModelSummary(encodeModel(model), 'a.onnx')).toThrow("a.onnx has the metadata key 'a' twice");
});

test('nodes and weights are passed over unread: damage in them goes unnoticed, 40 MB of them cost nothing', () => {
  const weight = tensorProto('weight', 'float32', [1e7], new Float32Array(1e7));
  const bytes = encodeModel({ ...exampleModel, graph: { ...exampleModel.graph, initializer: [weight] } });
  const node = new TextEncoder().encode('LeakyRelu');
  const place = bytes.findIndex((_, index) => node.every((byte, offset) => bytes[index + offset] === byte));
  bytes[place - 1] = 255; // the text's length: now a lie
  readModelSummary(bytes);
  const start = performance.now();
  expect(readModelSummary(bytes).metadata).toHaveProperty('trilu.vocabulary');
  expect(performance.now() - start).toBeLessThan(50);
});
