/** Element types by the names that typed arrays and PyTorch use; `src/export` maps them to ONNX's numbers. */
export type ElementType = 'float32' | 'float64' | 'float16' | 'int8' | 'int32' | 'int64' | 'uint8' | 'bool' | 'string';

/** The host's form of a tensor's elements: `bool` is a Uint8Array of 0 and 1, `float16` its bits, `string` an array of strings. */
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

/** Makes the host's array of a type from plain numbers. */
export function tensorData(type: ElementType, numbers: readonly number[]): TensorData {
  switch (type) {
    case 'float32':
      return Float32Array.from(numbers);
    case 'float64':
      return Float64Array.from(numbers);
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
