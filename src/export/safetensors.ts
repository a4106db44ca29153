import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { type ArrayOver, arrayOver, type NumericData } from '../onnx/data-types.ts';
import { repeatedKey } from './json-keys.ts';

/**
 * The safetensors format, as published at https://huggingface.co/docs/safetensors: the header's length (8 bytes, little-endian),
 * a JSON header that tells each tensor's type, shape and place, and the tensors' bytes without a gap.
 */

/** The format's names for the element types that are read and written here. */
export type SafetensorsType =
  | 'U64'
  | 'I64'
  | 'F64'
  | 'F32'
  | 'U32'
  | 'I32'
  | 'BF16'
  | 'F16'
  | 'U16'
  | 'I16'
  | 'I8'
  | 'U8'
  | 'BOOL';

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

/** The array for each type, in the order in which the reference implementation lays tensors out: widest alignment first. */
const arrays: { readonly [Type in SafetensorsType]: ArrayOver } = {
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
  F32: Float32Array,
  U32: Uint32Array,
  I32: Int32Array,
  BF16: Uint16Array,
  F16: Uint16Array,
  U16: Uint16Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

const layoutOrder: readonly string[] = Object.keys(arrays);
const metadataKey = '__metadata__';
const lengthBytes = 8;
const alignment = 8;
/** The format's own limit. */
const maximumHeaderBytes = 100_000_000;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const description = v.object({
  dtype: v.string(),
  shape: v.array(count),
  data_offsets: v.tuple([count, count]),
});

function isType(name: string): name is SafetensorsType {
  return Object.hasOwn(arrays, name);
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

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
  const bytes = new Uint8Array(lengthBytes + headerBytes + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(text, lengthBytes);
  bytes.fill(0x20, lengthBytes + text.length, lengthBytes + headerBytes);
  let position = lengthBytes + headerBytes;
  for (const { data } of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

function problemOf({ name, type, shape, data }: SafetensorsTensor): string | undefined {
  if (name === metadataKey) return 'has the name that the format keeps for its metadata: give it another';
  if (/\p{Surrogate}/u.test(name)) return 'has half a character in its name: give it another';
  if (!isType(type)) return `has the type ${String(type)}, but must have one of ${layoutOrder.join(', ')}`;
  if (!v.is(v.array(count), shape))
    return `has the shape [${shape.join(', ')}]: each size must be an integer, 0 or more`;
  const array = arrays[type];
  if (!(data instanceof array))
    return `(${type}) must come as ${array.name}, but came as ${Object(data).constructor.name}`;
  const elements = elementCount(shape);
  if (data.length !== elements) {
    return `(${type}, shape [${shape.join(', ')}]) needs ${elements} elements, but has ${data.length}`;
  }
  return undefined;
}

/**
 * Reads a safetensors file. Every length is checked before anything is made of it. A tensor that lies right in memory is a view into
 * `bytes`, others are copies.
 * @param source what to call the file in an error, as the start of a sentence
 * @throws UserError naming the tensor when the file is cut short, has gaps or overlaps, says a thing twice, or holds an unknown type.
 */
export function decodeSafetensors(bytes: Uint8Array, source = 'The safetensors file'): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes, source);
  const dataBytes = bytes.length - dataStart;
  const places: Place[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) metadata = readMetadata(value, source);
    else places.push(readPlace(name, value, dataBytes, source));
  }
  places.sort((one, other) => one.begin - other.begin || one.end - other.end);
  let covered = 0;
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, type, shape, begin, end } of places) {
    if (begin !== covered) {
      const relation = begin < covered ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new UserError(`${source} is damaged: tensor '${name}' (bytes ${begin} to ${end}) ${relation}.`);
    }
    covered = end;
    tensors.set(name, {
      name,
      type,
      shape,
      data: arrayOver(bytes.subarray(dataStart + begin, dataStart + end), arrays[type]),
    });
  }
  if (covered !== dataBytes) {
    throw new UserError(`${source} is damaged: its last ${dataBytes - covered} bytes belong to no tensor.`);
  }
  return { tensors, metadata };
}

function readHeader(bytes: Uint8Array, source: string): { header: object; dataStart: number } {
  if (bytes.length < lengthBytes) {
    throw new UserError(`${source} is cut short or not a safetensors file: it has only ${bytes.length} bytes.`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > BigInt(maximumHeaderBytes)) {
    throw new UserError(
      `${source} is not a safetensors file: its header would take ${length} bytes, and the format allows ${maximumHeaderBytes}.`,
    );
  }
  const dataStart = lengthBytes + Number(length);
  if (dataStart > bytes.length) {
    throw new UserError(
      `${source} is cut short: its header ends at byte ${dataStart}, but the file at ${bytes.length}.`,
    );
  }
  let header: unknown;
  let repeated: string | undefined;
  try {
    const json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(lengthBytes, dataStart),
    );
    header = JSON.parse(json);
    repeated = repeatedKey(json);
  } catch (cause) {
    throw new UserError(`${source} is damaged or not a safetensors file: its header is not JSON.`, { cause });
  }
  if (repeated !== undefined) throw new UserError(`${source} is damaged: its header has '${repeated}' twice.`);
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new UserError(`${source} is damaged or not a safetensors file: its header is not a JSON object.`);
  }
  return { header, dataStart };
}

function readMetadata(value: unknown, source: string): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${source} is damaged: its metadata is not a map.`);
  }
  const entries = Object.entries(value);
  const wrong = entries.find(([, text]) => typeof text !== 'string');
  if (wrong !== undefined) throw new UserError(`${source} is damaged: its metadata '${wrong[0]}' is not a text.`);
  return Object.fromEntries(entries);
}

/** Where a tensor's bytes are, counted from the first byte after the header. */
interface Place {
  readonly name: string;
  readonly type: SafetensorsType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readPlace(name: string, value: unknown, dataBytes: number, source: string): Place {
  const parsed = v.safeParse(description, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UserError(
      `${source} is damaged: tensor '${name}' has a wrong ${v.getDotPath(issue) ?? 'entry'}: ${issue.message}.`,
    );
  }
  const { dtype: type, shape } = parsed.output;
  const [begin, end] = parsed.output.data_offsets;
  if (!isType(type)) {
    throw new UserError(`${source} has tensor '${name}' of type ${type}; this reads ${layoutOrder.join(', ')}.`);
  }
  if (begin > end) {
    throw new UserError(
      `${source} is damaged: tensor '${name}' begins at byte ${begin} and ends before it, at ${end}.`,
    );
  }
  if (end > dataBytes) {
    throw new UserError(`${source} is cut short: tensor '${name}' ends at byte ${end} of ${dataBytes} bytes of data.`);
  }
  const needed = elementCount(shape) * arrays[type].BYTES_PER_ELEMENT;
  if (end - begin !== needed) {
    throw new UserError(
      `${source} is damaged: tensor '${name}' (${type}, shape [${shape.join(', ')}]) needs ${needed} bytes, but has ${end - begin}.`,
    );
  }
  return { name, type, shape, begin, end };
}
