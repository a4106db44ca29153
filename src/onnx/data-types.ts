import { UserError } from '../errors.ts';
import { DataType } from './enums.ts';

/** Our names for ONNX's element types: NumPy's names where it has one. */
export type DataTypeName =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'string'
  | 'complex64'
  | 'complex128'
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'float8e8m0'
  | 'float4e2m1'
  | 'int4'
  | 'uint4'
  | 'int2'
  | 'uint2';

/** A tensor's elements in a typed array. */
export type NumericData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** A tensor's elements as JavaScript holds them. */
export type TensorData = NumericData | readonly string[];

/** Makes an array of one element type over bytes that are in memory already. */
export interface ArrayOver {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumericData;
  readonly BYTES_PER_ELEMENT: number;
}

/**
 * Bytes as an array: a view where they lie at a multiple of the element's size, else a copy.
 * @param bytes a whole number of elements
 */
export function arrayOver(bytes: Uint8Array, array: ArrayOver): NumericData {
  const size = array.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer, aligned.byteOffset, aligned.length / size);
}

/** How an element type is stored. */
export interface DataTypeRule {
  /** The standard's number for it. */
  readonly number: number;
  /** Size of an element; 0 for strings. */
  readonly bits: number;
  /**
   * The array that holds it; absent for strings. Types that JavaScript lacks are held as their bits: 16-bit floats in a Uint16Array,
   * 8-bit floats, bool and packed 4-bit and 2-bit elements in a Uint8Array; a complex number as two floats.
   */
  readonly array?: ArrayOver;
  /** The field of a TensorProto that holds it when `rawData` does not. */
  readonly field: 'floatData' | 'doubleData' | 'int32Data' | 'int64Data' | 'uint64Data' | 'stringData';
}

const rule = (number: number, bits: number, array: ArrayOver, field: DataTypeRule['field']): DataTypeRule => ({
  number,
  bits,
  array,
  field,
});

/** The rule for each element type of IR 13. */
export const dataTypes: { readonly [Name in DataTypeName]: DataTypeRule } = {
  float32: rule(DataType.FLOAT, 32, Float32Array, 'floatData'),
  float64: rule(DataType.DOUBLE, 64, Float64Array, 'doubleData'),
  float16: rule(DataType.FLOAT16, 16, Uint16Array, 'int32Data'),
  bfloat16: rule(DataType.BFLOAT16, 16, Uint16Array, 'int32Data'),
  int8: rule(DataType.INT8, 8, Int8Array, 'int32Data'),
  int16: rule(DataType.INT16, 16, Int16Array, 'int32Data'),
  int32: rule(DataType.INT32, 32, Int32Array, 'int32Data'),
  int64: rule(DataType.INT64, 64, BigInt64Array, 'int64Data'),
  uint8: rule(DataType.UINT8, 8, Uint8Array, 'int32Data'),
  uint16: rule(DataType.UINT16, 16, Uint16Array, 'int32Data'),
  uint32: rule(DataType.UINT32, 32, Uint32Array, 'uint64Data'),
  uint64: rule(DataType.UINT64, 64, BigUint64Array, 'uint64Data'),
  bool: rule(DataType.BOOL, 8, Uint8Array, 'int32Data'),
  string: { number: DataType.STRING, bits: 0, field: 'stringData' },
  complex64: rule(DataType.COMPLEX64, 64, Float32Array, 'floatData'),
  complex128: rule(DataType.COMPLEX128, 128, Float64Array, 'doubleData'),
  float8e4m3fn: rule(DataType.FLOAT8E4M3FN, 8, Uint8Array, 'int32Data'),
  float8e4m3fnuz: rule(DataType.FLOAT8E4M3FNUZ, 8, Uint8Array, 'int32Data'),
  float8e5m2: rule(DataType.FLOAT8E5M2, 8, Uint8Array, 'int32Data'),
  float8e5m2fnuz: rule(DataType.FLOAT8E5M2FNUZ, 8, Uint8Array, 'int32Data'),
  float8e8m0: rule(DataType.FLOAT8E8M0, 8, Uint8Array, 'int32Data'),
  float4e2m1: rule(DataType.FLOAT4E2M1, 4, Uint8Array, 'int32Data'),
  int4: rule(DataType.INT4, 4, Uint8Array, 'int32Data'),
  uint4: rule(DataType.UINT4, 4, Uint8Array, 'int32Data'),
  int2: rule(DataType.INT2, 2, Uint8Array, 'int32Data'),
  uint2: rule(DataType.UINT2, 2, Uint8Array, 'int32Data'),
};

/** Whether it is one of our names for an element type. */
export function isDataTypeName(name: string): name is DataTypeName {
  return Object.hasOwn(dataTypes, name);
}

const namesByNumber: ReadonlyMap<number, DataTypeName> = new Map(
  Object.keys(dataTypes)
    .filter(isDataTypeName)
    .map((name) => [dataTypes[name].number, name]),
);

/**
 * Our name for the standard's number.
 * @throws UserError when IR 13 has no element type of that number.
 */
export function dataTypeName(number: number): DataTypeName {
  const name = namesByNumber.get(number);
  if (name === undefined) throw new UserError(`There is no element type of number ${number} in ONNX up to IR 13.`);
  return name;
}
