import { UserError } from '../errors.ts';

/**
 * The array that holds a tensor's elements, per ONNX element type. float16 keeps the raw 16 bits, bool one byte per
 * element (0 or 1), string one JavaScript string per element.
 */
export interface TensorArrays {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  string: readonly string[];
}

/** The name of an ONNX element type. */
export type TensorType = keyof TensorArrays;

/** The array type of any tensor. */
export type TensorData = TensorArrays[TensorType];

/** A tensor of one element type: row-major data, `shape` in elements (`[]` is a scalar). */
export interface TensorOf<Type extends TensorType> {
  readonly type: Type;
  readonly shape: readonly number[];
  readonly data: TensorArrays[Type];
}

/** A tensor of any element type; testing `type` tells the type of `data`. */
export type Tensor = { [Type in TensorType]: TensorOf<Type> }[TensorType];

/** Tensors by the name of the graph's input or output. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** What `tensor` takes for each type: the array itself (kept, not copied), or plain values. */
export interface TensorSources {
  float32: Float32Array | readonly number[];
  float64: Float64Array | readonly number[];
  float16: Uint16Array;
  int8: Int8Array | readonly number[];
  int16: Int16Array | readonly number[];
  int32: Int32Array | readonly number[];
  int64: BigInt64Array | readonly (bigint | number)[];
  uint8: Uint8Array | readonly number[];
  uint16: Uint16Array | readonly number[];
  uint32: Uint32Array | readonly number[];
  uint64: BigUint64Array | readonly (bigint | number)[];
  bool: Uint8Array | readonly boolean[];
  string: readonly string[];
}

type Plain = number | bigint | boolean | string;

/** What there is to know of a type's array. */
interface ArrayKind<Type extends TensorType> {
  readonly arrayName: string;
  zeros(length: number): TensorArrays[Type];
  holds(data: unknown): data is TensorArrays[Type];
  /** Plain values as the type's array. */
  from(values: readonly Plain[]): TensorArrays[Type];
  /** A tensor around data that must be of the type's array already. */
  around(shape: readonly number[], data: unknown): TensorOf<Type>;
}

interface ArrayClass<Data, Value> {
  readonly name: string;
  new (length: number): Data;
  from(values: Iterable<Value>): Data;
}

function kind<Type extends TensorType, Data extends TensorArrays[Type] & ArrayLike<Value>, Value>(
  type: Type,
  arrayClass: ArrayClass<Data, Value>,
  toValue: (value: Plain) => Value,
  exactly: boolean,
): ArrayKind<Type> {
  const holds = (data: unknown): data is Data => data instanceof arrayClass;
  return {
    arrayName: arrayClass.name,
    zeros: (length) => new arrayClass(length),
    holds,
    from(values) {
      const wanted = values.map(toValue);
      const data = arrayClass.from(wanted);
      const wrong = exactly ? wanted.findIndex((value, index) => data[index] !== value) : -1;
      if (wrong >= 0) throw new UserError(`Element ${wrong} is ${values[wrong]}, which ${type} can't hold.`);
      return data;
    },
    around(shape, data) {
      if (!holds(data)) throw wrongArray(type, data);
      return { type, shape: [...shape], data };
    },
  };
}

function floats<Type extends TensorType, Data extends TensorArrays[Type] & ArrayLike<number>>(
  type: Type,
  arrayClass: ArrayClass<Data, number>,
): ArrayKind<Type> {
  return kind(type, arrayClass, Number, false);
}

function integers<Type extends TensorType, Data extends TensorArrays[Type] & ArrayLike<number>>(
  type: Type,
  arrayClass: ArrayClass<Data, number>,
): ArrayKind<Type> {
  return kind(type, arrayClass, Number, true);
}

function bigIntegers<Type extends TensorType, Data extends TensorArrays[Type] & ArrayLike<bigint>>(
  type: Type,
  arrayClass: ArrayClass<Data, bigint>,
): ArrayKind<Type> {
  return kind(type, arrayClass, toBigInt, true);
}

function toBigInt(value: Plain): bigint {
  if (typeof value === 'number' && !Number.isInteger(value)) throw new UserError(`${value} is no whole number.`);
  return BigInt(value);
}

function isList(data: unknown): data is readonly Plain[] {
  return Array.isArray(data);
}

function wrongArray(type: TensorType, data: unknown): UserError {
  const given = typeof data === 'object' && data !== null ? data.constructor.name : String(data);
  return new UserError(`A ${type} tensor holds its data in ${kinds[type].arrayName}, not ${given}.`);
}

const kinds: { readonly [Type in TensorType]: ArrayKind<Type> } = {
  float32: floats('float32', Float32Array),
  float64: floats('float64', Float64Array),
  float16: integers('float16', Uint16Array),
  int8: integers('int8', Int8Array),
  int16: integers('int16', Int16Array),
  int32: integers('int32', Int32Array),
  int64: bigIntegers('int64', BigInt64Array),
  uint8: integers('uint8', Uint8Array),
  uint16: integers('uint16', Uint16Array),
  uint32: integers('uint32', Uint32Array),
  uint64: bigIntegers('uint64', BigUint64Array),
  bool: integers('bool', Uint8Array),
  string: {
    arrayName: 'Array',
    zeros: (length) => new Array<string>(length).fill(''),
    holds: (data): data is readonly string[] => Array.isArray(data),
    from: (values) => values.map(String),
    around(shape, data) {
      if (!isList(data)) throw wrongArray('string', data);
      return { type: 'string', shape: [...shape], data: data.map(String) };
    },
  },
};

/** Whether a name is that of an element type. */
export function isTensorType(name: string): name is TensorType {
  return Object.hasOwn(kinds, name);
}

/** The number of elements of a shape; 1 for a scalar's `[]`. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

/**
 * Makes a tensor. An array of the type's own kind is kept as it is, not copied; plain values are put into one.
 *
 * @param type the ONNX element type
 * @param shape the size of each dimension; `[]` for a scalar
 * @param data the elements in row-major order
 * @throws UserError when `data` has not as many elements as `shape`, is another type's array, or holds a value that the
 *   type can't (a fraction as int32, 300 as int8; floats are rounded to their precision)
 */
export function tensor<Type extends TensorType>(
  type: Type,
  shape: readonly number[],
  data: TensorSources[Type],
): TensorOf<Type> {
  const array: unknown = isList(data) ? kinds[type].from(data) : data;
  if (!kinds[type].holds(array)) throw wrongArray(type, data);
  const wrong = shape.findIndex((size) => !Number.isInteger(size) || size < 0);
  if (wrong >= 0) {
    throw new UserError(
      `A tensor's sizes are whole numbers from 0, but dimension ${wrong} of [${shape.join(', ')}] isn't.`,
    );
  }
  if (array.length !== elementCount(shape)) {
    throw new UserError(
      `A tensor of shape [${shape.join(', ')}] has ${elementCount(shape)} elements, but ${array.length} were given.`,
    );
  }
  return { type, shape: [...shape], data: array };
}

/** Makes a tensor of a type that is known only when the program runs; `data` must be that type's array. */
export function tensorAround(type: TensorType, shape: readonly number[], data: unknown): Tensor {
  return kinds[type].around(shape, data);
}

type NumberType = Exclude<TensorType, 'float16' | 'int64' | 'uint64' | 'bool' | 'string'>;

/** A scalar (shape `[]`). */
export function scalar<Type extends NumberType>(type: Type, value: number): TensorOf<Type> {
  return tensor(type, [], [value]);
}

/** A tensor of zeros (of empty strings for `string`). */
export function zeroTensor<Type extends TensorType>(type: Type, shape: readonly number[]): TensorOf<Type> {
  return { type, shape: [...shape], data: kinds[type].zeros(elementCount(shape)) };
}

/** A tensor with a copy of the data. */
export function copyTensor(source: Tensor): Tensor {
  return tensorAround(source.type, source.shape, source.data.slice());
}
