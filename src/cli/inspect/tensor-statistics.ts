import type { TensorData } from '../../onnx/data-types.ts';
import { toFloat32 } from '../../safetensors/to-float32.ts';

/** Statistics of the finite numbers of a tensor; null if there are none. */
export interface TensorStatistics {
  readonly mean: number | null;
  /** The standard deviation. */
  readonly deviation: number | null;
  readonly smallest: number | null;
  readonly largest: number | null;
  /** How many are infinite or NaN. */
  readonly notFinite: number;
}

/** An array of numbers. */
interface Numbers {
  readonly length: number;
  readonly [index: number]: number | bigint;
}

/** Types smaller than a byte, packed in order, the first number in the lowest bits. */
const packed: Readonly<Record<string, { readonly bits: 2 | 4; readonly signed: boolean }>> = {
  int4: { bits: 4, signed: true },
  uint4: { bits: 4, signed: false },
  int2: { bits: 2, signed: true },
  uint2: { bits: 2, signed: false },
};

const wholeTypes: ReadonlySet<string> = new Set(
  ['int', 'uint'].flatMap((kind) => [8, 16, 32, 64].map((bits) => `${kind}${bits}`)).concat('bool'),
);

/**
 * The statistics of a tensor, in float64.
 * @param type trilu's name of its element type
 * @param data as `dataTypes` says for the type
 * @param elements how many there are
 * @returns undefined for a type whose numbers are not read here: strings, complex numbers, floats of 8 bits and fewer
 */
export function tensorStatistics(type: string, data: TensorData, elements: number): TensorStatistics | undefined {
  const numbers = numbersOf(type, data, elements);
  return numbers === undefined ? undefined : statisticsOf(numbers);
}

function numbersOf(type: string, data: TensorData, elements: number): Numbers | undefined {
  if (!ArrayBuffer.isView(data)) return undefined;
  const described = { name: '', shape: [elements], data };
  if (type === 'float32' || type === 'float64' || wholeTypes.has(type)) return data;
  if (type === 'float16') return toFloat32({ ...described, type: 'F16' });
  if (type === 'bfloat16') return toFloat32({ ...described, type: 'BF16' });
  const packing = packed[type];
  return packing === undefined || !(data instanceof Uint8Array) ? undefined : unpack(data, elements, packing);
}

function unpack(bytes: Uint8Array, elements: number, { bits, signed }: { bits: 2 | 4; signed: boolean }): Int8Array {
  const values = new Int8Array(elements);
  const perByte = 8 / bits;
  const range = 2 ** bits;
  for (let index = 0; index < elements; index += 1) {
    const value = ((bytes[Math.floor(index / perByte)] ?? 0) >> ((index % perByte) * bits)) & (range - 1);
    values[index] = signed && value >= range / 2 ? value - range : value;
  }
  return values;
}

function statisticsOf(numbers: Numbers): TensorStatistics {
  let [sum, finite, smallest, largest] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < numbers.length; index += 1) {
    const value = Number(numbers[index]);
    if (!Number.isFinite(value)) continue;
    sum += value;
    finite += 1;
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  const notFinite = numbers.length - finite;
  if (finite === 0) return { mean: null, deviation: null, smallest: null, largest: null, notFinite };
  const mean = sum / finite;
  let squares = 0;
  // A second pass: the sum of squares less the square of the sum would lose the deviation of numbers far from 0.
  for (let index = 0; index < numbers.length; index += 1) {
    const distance = Number(numbers[index]) - mean;
    if (Number.isFinite(distance)) squares += distance * distance;
  }
  return { mean, deviation: Math.sqrt(squares / finite), smallest, largest, notFinite };
}
