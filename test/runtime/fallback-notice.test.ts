import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { cpu } from '../../src/runtime/devices/node/cpu.ts';
import { cuda } from '../../src/runtime/devices/node/cuda.ts';
import { wasm } from '../../src/runtime/devices/web/wasm.ts';
import { webgpu } from '../../src/runtime/devices/web/webgpu.ts';
import { fallbackNotice } from '../../src/runtime/fallback-notice.ts';
import { RuntimeError } from '../../src/runtime/runtime-error.ts';

test('a device that can not open a model is replaced with a notice that gives the reason', () => {
  const error = new RuntimeError('out-of-memory', 'The model could not be loaded on webgpu: out of memory.');
  expect(fallbackNotice(webgpu, wasm, error)).toBe(
    "The device is wasm: webgpu can't open this model (The model could not be loaded on webgpu: out of memory).",
  );
});

test('what no other device would mend is thrown', () => {
  const mistakes = [new UserError('The file is no ONNX model.'), new DOMException('enough', 'AbortError')];
  for (const mistake of mistakes) expect(() => fallbackNotice(cuda, cpu, mistake)).toThrow(mistake);
});
