import { UserError } from '../errors.ts';
import { arrayOver, type DataTypeName, dataTypeName, dataTypes, type TensorData } from './data-types.ts';
import { DataLocation } from './enums.ts';
import type { Int64, TensorProto } from './protos.ts';

/** A tensor read from a file. */
export interface NamedTensor {
  readonly name: string;
  readonly type: DataTypeName;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** Elements of the array that holds a tensor; elements below a byte are packed, a complex one takes two. */
function arrayLength(type: DataTypeName, dims: readonly number[], name: string): number {
  for (const size of dims) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new UserError(`Tensor '${name}' has the shape [${dims.join(', ')}]: each size must be 0 or more.`);
    }
  }
  const elements = dims.reduce((product, size) => product * size, 1);
  const { bits, array } = dataTypes[type];
  return array === undefined ? elements : Math.ceil((elements * bits) / (8 * array.BYTES_PER_ELEMENT));
}

/**
 * A TensorProto for an initializer or a constant. Its bytes are `data`'s own, not a copy: don't change them before they are written.
 * @param name empty for none
 * @param dims the shape; [] for a scalar
 * @param data as `dataTypes` says for the type, row-major; strings for 'string'
 * @throws UserError naming the tensor when `data` is of another kind than the type or of another length than the shape.
 */
export function tensorProto(name: string, type: DataTypeName, dims: readonly number[], data: TensorData): TensorProto {
  const { number, array } = dataTypes[type];
  const length = arrayLength(type, dims, name);
  if (data.length !== length) {
    throw new UserError(
      `Tensor '${name}' (${type}, shape [${dims.join(', ')}]) needs an array of ${length} elements, but got ${data.length}.`,
    );
  }
  const described = {
    ...(dims.length > 0 && { dims }),
    dataType: number,
    ...(name !== '' && { name }),
  };
  if (ArrayBuffer.isView(data)) {
    if (array === undefined || !(data instanceof array)) {
      const expected = array === undefined ? 'strings' : array.name;
      throw new UserError(`Tensor '${name}' (${type}) must come as ${expected}, but came as ${data.constructor.name}.`);
    }
    // Every host of a JavaScript engine with WebAssembly or ONNX Runtime is little-endian, as the file is.
    return { ...described, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  }
  if (array !== undefined)
    throw new UserError(`Tensor '${name}' (${type}) must come as ${array.name}, but came as strings.`);
  const encoder = new TextEncoder();
  return { ...described, stringData: data.map((text) => encoder.encode(text)) };
}

/**
 * Reads a tensor wherever the file keeps its elements. Raw data that lies at the right alignment is a view, everything else a copy.
 * @throws UserError naming the tensor when its data is missing, of a wrong length, in pieces, or in another file.
 */
export function readTensor(tensor: TensorProto): NamedTensor {
  const { name = '', dims = [] } = tensor;
  const type = dataTypeName(tensor.dataType ?? 0);
  if (tensor.dataLocation === DataLocation.EXTERNAL) {
    const location = tensor.externalData?.find(({ key }) => key === 'location')?.value ?? '';
    throw new UserError(`The data of tensor '${name}' is in another file ('${location}'), which is not read here.`);
  }
  if (tensor.segment !== undefined) {
    throw new UserError(`Tensor '${name}' is stored in pieces, which no runtime reads: write it whole.`);
  }
  const length = arrayLength(type, dims, name);
  const data = tensor.rawData === undefined ? fromField(tensor, type, name) : fromBytes(tensor.rawData, type, name);
  if (data.length !== length) {
    throw new UserError(
      `Tensor '${name}' (${type}, shape [${dims.join(', ')}]) should hold ${length} values, but the file has ${data.length}.`,
    );
  }
  return { name, type, dims, data };
}

function fromBytes(bytes: Uint8Array, type: DataTypeName, name: string): TensorData {
  const { array } = dataTypes[type];
  if (array === undefined)
    throw new UserError(`Tensor '${name}' holds strings as raw data, which the standard forbids.`);
  const size = array.BYTES_PER_ELEMENT;
  if (bytes.length % size !== 0) {
    throw new UserError(`Tensor '${name}' (${type}) has ${bytes.length} bytes of data, not a multiple of ${size}.`);
  }
  return arrayOver(bytes, array);
}

function fromField(tensor: TensorProto, type: DataTypeName, name: string): TensorData {
  const { array, field } = dataTypes[type];
  if (array === undefined || field === 'stringData') {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return (tensor.stringData ?? []).map((bytes) => {
      try {
        return decoder.decode(bytes);
      } catch (cause) {
        throw new UserError(`Tensor '${name}' holds a string that is not UTF-8.`, { cause });
      }
    });
  }
  const values: readonly Int64[] = tensor[field] ?? [];
  const data = new array(new ArrayBuffer(values.length * array.BYTES_PER_ELEMENT), 0, values.length);
  // An entry of a narrower type gives the element's bits: assigning it keeps the low ones, as the standard wants.
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (const [index, value] of values.entries()) data[index] = BigInt(value);
  } else {
    for (const [index, value] of values.entries()) data[index] = Number(value);
  }
  return data;
}
