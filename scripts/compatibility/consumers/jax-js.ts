import { readFileSync } from 'node:fs';
import { init, numpy } from '@jax-js/jax';
import { ONNXModel } from '@jax-js/onnx';
import { type Tensor, type Tensors, tensor } from '../../../src/runtime/tensor.ts';
import { compared, failure } from '../verdict.ts';
import type { WrittenForm } from '../written-form.ts';
import { type Consumer, oneByOne } from './consumer.ts';

/** jax-js's loader, with its arrays in WebAssembly. */
export function jaxJs(): Consumer {
  const ready = init('wasm');
  return oneByOne('jax-js', async (file, expected) => {
    try {
      await ready;
      const actual = await runTrial(file);
      return expected === undefined ? { verdict: 'runs' } : compared(actual, expected);
    } catch (error) {
      return failure(error, file.path);
    }
  });
}

async function runTrial(file: WrittenForm): Promise<Tensors> {
  const model = new ONNXModel(Uint8Array.from(readFileSync(file.path)));
  try {
    return await file.trial(async (feeds) => {
      const given = Object.entries(feeds).map(([name, value]) => [name, arrayOf(value)] as const);
      const results = Object.entries(model.run(Object.fromEntries(given)));
      return Object.fromEntries(
        await Promise.all(results.map(async ([name, array]) => [name, await tensorOf(array)] as const)),
      );
    });
  } finally {
    model.dispose();
  }
}

/** jax-js has no 64-bit integers. */
function arrayOf({ type, shape, data }: Tensor): numpy.Array {
  // An empty array of its own making it takes, but not one that is made of data.
  if (data.length === 0) return numpy.zeros([...shape], { dtype: type === 'float32' ? numpy.float32 : numpy.int32 });
  if (type === 'float32') return numpy.array(data, { shape: [...shape], dtype: numpy.float32 });
  if (type === 'string') throw new Error('jax-js has no strings.');
  return numpy.array(Int32Array.from(data, Number), { shape: [...shape], dtype: numpy.int32 });
}

async function tensorOf(array: numpy.Array): Promise<Tensor> {
  const { shape, dtype } = array;
  const data = await array.data();
  return dtype === numpy.float32
    ? tensor('float32', shape, Float32Array.from(data))
    : tensor('int32', shape, Int32Array.from(data));
}
