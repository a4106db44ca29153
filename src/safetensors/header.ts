import * as v from 'valibot';
import { UserError } from '../errors.ts';
import type { ArrayOver } from '../onnx/data-types.ts';
import { repeatedKey } from '../text/json-keys.ts';

/**
 * The part of a safetensors file (https://huggingface.co/docs/safetensors) that tells what is in it: the header's length (8 bytes,
 * little-endian) and a JSON header with each tensor's type, shape and place. After it come the tensors' bytes without a gap.
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

/** Where a tensor's bytes are, counted from the first byte after the header. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly type: SafetensorsType;
  /** [] for a scalar. */
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What a header says. */
export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The array for each type, in the order in which the reference implementation lays tensors out: widest alignment first. */
export const arrays: { readonly [Type in SafetensorsType]: ArrayOver } = {
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

export const layoutOrder: readonly string[] = Object.keys(arrays);
export const metadataKey = '__metadata__';
/** How many bytes the header's length takes. */
export const lengthBytes = 8;
/** The format's own limit. */
export const maximumHeaderBytes = 100_000_000;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** A tensor's sizes. */
export const shapeSchema: v.GenericSchema<number[]> = v.array(count);
const description = v.object({
  dtype: v.string(),
  shape: shapeSchema,
  data_offsets: v.strictTuple([count, count]),
});

export function isType(name: string): name is SafetensorsType {
  return Object.hasOwn(arrays, name);
}

/** How many elements a shape has; undefined where that is more than can be counted, on the way to a size of 0 too. */
export function elementCount(shape: readonly number[]): number | undefined {
  let product = 1;
  for (const size of shape) {
    product *= size;
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return product;
}

/**
 * Where the header ends and the tensors begin.
 * @param start the file's first 8 bytes, or all of a shorter one
 * @param fileBytes how long the file is
 * @throws UserError when the header would be longer than the file, or than the format allows.
 */
export function headerEnd(start: Uint8Array, fileBytes: number, source: string): number {
  if (fileBytes < lengthBytes) {
    throw new UserError(`${source} is cut short or not a safetensors file: it has only ${fileBytes} bytes.`);
  }
  const length = new DataView(start.buffer, start.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > BigInt(maximumHeaderBytes)) {
    throw new UserError(
      `${source} is not a safetensors file: its header would take ${length} bytes, and the format allows ${maximumHeaderBytes}.`,
    );
  }
  const end = lengthBytes + Number(length);
  if (end > fileBytes) {
    throw new UserError(`${source} is cut short: its header ends at byte ${end}, but the file at ${fileBytes}.`);
  }
  return end;
}

/**
 * Reads a header. When it returns, the tensors cover the data from its first byte to its last, each once.
 * @param bytes the JSON
 * @param dataBytes how many bytes follow it
 * @throws UserError naming the tensor when it says a thing twice, or what cannot be.
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number, source: string): SafetensorsHeader {
  const entries: SafetensorsEntry[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, value] of Object.entries(parseJson(bytes, source))) {
    if (name === metadataKey) metadata = readMetadata(value, source);
    else entries.push(readEntry(name, value, dataBytes, source));
  }
  entries.sort((one, other) => one.begin - other.begin || one.end - other.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      const relation = begin < covered ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new UserError(`${source} is damaged: tensor '${name}' (bytes ${begin} to ${end}) ${relation}.`);
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new UserError(`${source} is damaged: its last ${dataBytes - covered} bytes belong to no tensor.`);
  }
  return { entries, metadata };
}

function parseJson(bytes: Uint8Array, source: string): object {
  let header: unknown;
  let repeated: string | undefined;
  try {
    const json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(json);
    repeated = repeatedKey(json);
  } catch (cause) {
    throw new UserError(`${source} is damaged or not a safetensors file: its header is not JSON.`, { cause });
  }
  if (repeated !== undefined) throw new UserError(`${source} is damaged: its header has '${repeated}' twice.`);
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new UserError(`${source} is damaged or not a safetensors file: its header is not a JSON object.`);
  }
  return header;
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

function readEntry(name: string, value: unknown, dataBytes: number, source: string): SafetensorsEntry {
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
  const elements = elementCount(shape);
  const needed = elements === undefined ? undefined : elements * arrays[type].BYTES_PER_ELEMENT;
  if (end - begin !== needed) {
    throw new UserError(
      `${source} is damaged: tensor '${name}' (${type}, shape [${shape.join(', ')}]) needs ${needed ?? 'more than 2^53'} bytes, but has ${end - begin}.`,
    );
  }
  return { name, type, shape, begin, end };
}
