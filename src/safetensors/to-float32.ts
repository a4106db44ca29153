import { getFloat16 } from '@petamoriken/float16';
import type { SafetensorsTensor, SafetensorsType } from './safetensors.ts';

/** The types that weights come in; what they hold becomes float32. */
export const floatTypes: readonly SafetensorsType[] = ['F32', 'F16', 'BF16', 'F64'];

/** The value of each float16, by its bits: a look-up is faster than any conversion. */
let float16Values: Float32Array | undefined;

function valuesOfFloat16(): Float32Array {
  if (float16Values !== undefined) return float16Values;
  const view = new DataView(new ArrayBuffer(2));
  float16Values = Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
    view.setUint16(0, bits);
    return getFloat16(view, 0);
  });
  return float16Values;
}

/** A tensor's numbers as float32: exactly, but for F64, which is rounded. Undefined when its type is none of `floatTypes`. */
export function toFloat32({ type, data }: SafetensorsTensor): Float32Array | undefined {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return new Float32Array(data);
  if (!(data instanceof Uint16Array)) return undefined;
  if (type === 'F16') return lookedUp(data, valuesOfFloat16());
  return type === 'BF16' ? upperHalves(data) : undefined;
}

// Plain loops: `from` with a function takes ten times as long, and a model has many millions of numbers.

function lookedUp(bits: Uint16Array, values: Float32Array): Float32Array {
  const numbers = new Float32Array(bits.length);
  for (let index = 0; index < bits.length; index += 1) numbers[index] = values[bits[index] ?? 0] ?? 0;
  return numbers;
}

/** BF16 is the upper half of a float32. */
function upperHalves(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < bits.length; index += 1) bits[index] = (halves[index] ?? 0) << 16;
  return new Float32Array(bits.buffer);
}
