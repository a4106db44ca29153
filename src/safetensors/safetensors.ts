import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { arrayOver, type NumericData } from '../onnx/data-types.ts';
import {
  arrays,
  elementCount,
  headerEnd,
  isType,
  layoutOrder,
  lengthBytes,
  maximumHeaderBytes,
  metadataKey,
  parseHeader,
  type SafetensorsType,
  shapeSchema,
} from './header.ts';

export type { SafetensorsType } from './header.ts';

/** A tensor of a safetensors file. */
export interface SafetensorsTensor {
  readonly name: string;
  readonly type: SafetensorsType;
  /** [] for a scalar. */
  readonly shape: readonly number[];
  /** Row-major. Types that JavaScript lacks are held as their bits: F16 and BF16 in a Uint16Array, BOOL in a Uint8Array. */
  readonly data: NumericData;
}

/** A safetensors file in memory. */
export interface SafetensorsFile {
  /** By name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where the data begins is a multiple of this. */
const alignment = 8;

/**
 * Writes tensors as a safetensors file: widest alignment first, then by name, so that every tensor lies at a multiple of its element's
 * size and the same tensors always give the same bytes.
 * @param metadata free text under keys of one's own
 * @throws UserError naming the tensor when its data does not fit its type or shape, or its name is there twice or the format's own.
 */
export function encodeSafetensors(
  tensors: Iterable<SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const parts = safetensorsParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}

/**
 * The same file in parts to be written one after another: the header, and a view of each tensor's data. Nothing is copied.
 * @throws UserError as `encodeSafetensors` does
 */
export function safetensorsParts(
  tensors: Iterable<SafetensorsTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const ordered = [...tensors].sort(
    (one, other) => layoutOrder.indexOf(one.type) - layoutOrder.indexOf(other.type) || (one.name < other.name ? -1 : 1),
  );
  const entries: [string, object][] = Object.keys(metadata).length === 0 ? [] : [[metadataKey, metadata]];
  const names = new Set<string>();
  let end = 0;
  for (const tensor of ordered) {
    const { name, type, shape, data } = tensor;
    const problem = names.has(name) ? 'is given twice' : problemOf(tensor);
    if (problem !== undefined) throw new UserError(`Tensor '${name}' ${problem}.`);
    names.add(name);
    const begin = end;
    end += data.byteLength;
    entries.push([name, { dtype: type, shape, data_offsets: [begin, end] }]);
  }
  // fromEntries defines properties, so that '__proto__' is a name like any other; but it would move names such as '0' to the front.
  const json = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const headerBytes = Math.ceil(text.length / alignment) * alignment;
  if (headerBytes > maximumHeaderBytes) {
    throw new UserError(
      `The safetensors header takes ${headerBytes} bytes, more than the format's ${maximumHeaderBytes}.`,
    );
  }
  const header = new Uint8Array(lengthBytes + headerBytes);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerBytes), true);
  header.set(text, lengthBytes);
  header.fill(0x20, lengthBytes + text.length);
  return [header, ...ordered.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

function problemOf({ name, type, shape, data }: SafetensorsTensor): string | undefined {
  if (name === metadataKey) return 'has the name that the format keeps for its metadata: give it another';
  if (/\p{Surrogate}/u.test(name)) return 'has half a character in its name: give it another';
  if (!isType(type)) return `has the type ${String(type)}, but must have one of ${layoutOrder.join(', ')}`;
  if (!v.is(shapeSchema, shape)) return `has the shape [${shape.join(', ')}]: each size must be an integer, 0 or more`;
  const array = arrays[type];
  if (!(data instanceof array))
    return `(${type}) must come as ${array.name}, but came as ${Object(data).constructor.name}`;
  const elements = elementCount(shape);
  if (data.length !== elements) {
    return `(${type}, shape [${shape.join(', ')}]) needs ${elements ?? 'more than 2^53'} elements, but has ${data.length}`;
  }
  return undefined;
}

/**
 * Reads a safetensors file in memory; one that lies elsewhere is read by `openSafetensors`. Every length is checked before anything is
 * made of it. A tensor that lies right in memory is a view into `bytes`, others are copies.
 * @param source what to call the file in an error, as the start of a sentence
 * @throws UserError naming the tensor when the file is cut short, has gaps or overlaps, says a thing twice, or holds an unknown type.
 */
export function decodeSafetensors(bytes: Uint8Array, source = 'The safetensors file'): SafetensorsFile {
  const dataStart = headerEnd(bytes, bytes.length, source);
  const header = parseHeader(bytes.subarray(lengthBytes, dataStart), bytes.length - dataStart, source);
  const data = bytes.subarray(dataStart);
  const tensors = header.entries.map(({ name, type, shape, begin, end }): SafetensorsTensor => {
    return { name, type, shape, data: arrayOver(data.subarray(begin, end), arrays[type]) };
  });
  return { tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata: header.metadata };
}
