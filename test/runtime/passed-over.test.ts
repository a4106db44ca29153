import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { RuntimeError } from '../../src/runtime/errors.ts';
import { passedOver } from '../../src/runtime/passed-over.ts';

test('a device that can not open a model is passed over with the reason', () => {
  const error = new RuntimeError('out-of-memory', 'The model could not be loaded on webgpu: out of memory.');
  expect(passedOver('webgpu', 'wasm', error)).toBe(
    "The device is wasm: webgpu can't open this model (The model could not be loaded on webgpu: out of memory).",
  );
});

test('what no other device would mend is thrown on', () => {
  const mistakes = [new UserError('The file is no ONNX model.'), new DOMException('enough', 'AbortError')];
  for (const mistake of mistakes) expect(() => passedOver('cuda', 'cpu', mistake)).toThrow(mistake);
});
