import { Float16Array } from '@petamoriken/float16';

/** Element types by the names that typed arrays and PyTorch use; `src/export` maps them to ONNX's numbers. */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int8'
  | 'int4'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint4'
  | 'bool'
  | 'string';

/**
 * The host's form of a tensor's elements: `bool` is a Uint8Array of 0 and 1, `float16` its bits in a Uint16Array, `int4` and `uint4`
 * a Uint8Array with two elements a byte, the first in the lower half, `string` an array of strings.
 */
export type TensorData =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Int8Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | readonly string[];

const floating: ReadonlySet<ElementType> = new Set(['float16', 'float32', 'float64']);

/** Whether a type has gradients. */
export function isFloating(type: ElementType): boolean {
  return floating.has(type);
}

/** How many elements the host's array of a tensor has. */
export function storedLength(type: ElementType, elements: number): number {
  return type === 'int4' || type === 'uint4' ? Math.ceil(elements / 2) : elements;
}

/** Makes the host's array of a type from plain numbers. */
export function tensorData(type: ElementType, numbers: readonly number[]): TensorData {
  switch (type) {
    case 'float32':
      return Float32Array.from(numbers);
    case 'float64':
      return Float64Array.from(numbers);
    case 'float16':
      return new Uint16Array(Float16Array.from(numbers).buffer);
    case 'int8':
      return Int8Array.from(numbers);
    case 'int32':
      return Int32Array.from(numbers);
    case 'int64':
      return BigInt64Array.from(numbers, (number) => BigInt(number));
    case 'uint8':
    case 'bool':
      return Uint8Array.from(numbers);
    default:
      throw new TypeError(`no ${type} tensor can be made from numbers`);
  }
}
