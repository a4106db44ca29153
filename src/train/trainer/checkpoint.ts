import { UserError } from '../../errors.ts';
import type { Model } from '../../model/index.ts';
import { type Tensors, tensor } from '../../runtime/tensor.ts';
import { decodeSafetensors, type SafetensorsTensor, safetensorsParts } from '../../safetensors/safetensors.ts';
import { requireFinite } from './divergence.ts';
import { decodeRecord, encodeRecord, parseRecordJson, type TrainerRecord } from './record.ts';
import { hexadecimal, sha256 } from './sha256.ts';

/** Everything that a run needs to go on to the last bit. */
export interface Checkpoint {
  readonly record: TrainerRecord;
  /** The train program's state by the names of its inputs: parameters, moments and the step. */
  readonly state: Tensors;
}

const recordKey = 'trainer';
const checksumKey = 'sha256';
/** What stands in the checksum's place while it is taken: SHA-256 in hexadecimal is as long. */
const noChecksum = '0'.repeat(64);

/**
 * training_state.safetensors: the state, and the record as metadata, so that one file holds all that must fit together. Its checksum is
 * in its metadata as well.
 * @returns the file in parts, to be written one after another; the state itself is not copied
 * @throws UserError when the state is no longer finite
 */
export async function encodeCheckpoint({ record, state }: Checkpoint): Promise<readonly Uint8Array[]> {
  const tensors: SafetensorsTensor[] = [];
  for (const [name, { type, shape, data }] of Object.entries(state)) {
    if (data instanceof Float32Array) {
      requireFinite(name, data, record.step);
      tensors.push({ name, type: 'F32', shape, data });
    } else if (data instanceof Int32Array) tensors.push({ name, type: 'I32', shape, data });
    else throw new TypeError(`${name} is of type ${type}, which no training state has`);
  }
  const parts = safetensorsParts(tensors, { [recordKey]: encodeRecord(record), [checksumKey]: noChecksum });
  const [header] = parts;
  const place = header === undefined ? undefined : checksumPlace(header, noChecksum);
  if (header === undefined || place === undefined) throw new TypeError('the header has a place for the checksum');
  header.set(new TextEncoder().encode(await checksumOf(parts)), place);
  return parts;
}

/**
 * Reads training_state.safetensors.
 * @param models where the model is looked for by its name: the ladder unless told
 * @throws UserError when the file is cut short, damaged (its checksum tells of any bit) or of another version.
 */
export async function decodeCheckpoint(
  bytes: Uint8Array,
  source: string,
  models?: readonly Model[],
): Promise<Checkpoint> {
  const { tensors, metadata } = decodeSafetensors(bytes, source);
  const { [recordKey]: text, [checksumKey]: checksum } = metadata;
  if (text === undefined)
    throw new UserError(`${source} is no checkpoint of trilu: it lacks the metadata entry ${recordKey}.`);
  parseRecordJson(text, source); // another version may take its checksum otherwise
  await requireChecksum(bytes, [...tensors.values()], checksum, source);
  const state = [...tensors.values()].map(({ name, type, shape, data }) => {
    if (type === 'F32' && data instanceof Float32Array) return [name, tensor('float32', shape, data)] as const;
    if (type === 'I32' && data instanceof Int32Array) return [name, tensor('int32', shape, data)] as const;
    throw new UserError(`${source} is no checkpoint of trilu: ${name} is of type ${type}.`);
  });
  return { record: decodeRecord(text, source, models), state: Object.fromEntries(state) };
}

async function requireChecksum(
  bytes: Uint8Array,
  tensors: readonly SafetensorsTensor[],
  checksum: string | undefined,
  source: string,
): Promise<void> {
  const sizes = tensors.map(({ data }) => data.byteLength);
  const header = bytes.slice(0, bytes.length - sizes.reduce((sum, size) => sum + size, 0));
  const place = checksum?.length === noChecksum.length ? checksumPlace(header, checksum) : undefined;
  if (place === undefined) {
    throw new UserError(`${source} has no checksum: it is damaged, or was written by an older version of trilu.`);
  }
  header.set(new TextEncoder().encode(noChecksum), place);
  let begin = header.length;
  const data = sizes.map((size) => {
    begin += size;
    return bytes.subarray(begin - size, begin);
  });
  if ((await checksumOf([header, ...data])) !== checksum) {
    throw new UserError(`${source} is damaged: its checksum is not that of its content.`);
  }
}

/** Where the checksum stands in the header. Quotes within the record are escaped there, so that no text of it looks like this. */
function checksumPlace(header: Uint8Array, checksum: string): number | undefined {
  const before = `"${checksumKey}":"`;
  const text = new TextDecoder('latin1').decode(header); // a character for each byte
  const index = text.indexOf(`${before}${checksum}"`);
  return index < 0 ? undefined : index + before.length;
}

/** The SHA-256 of the parts' SHA-256, one after another: each is taken off this thread, with no copy of the whole. */
async function checksumOf(parts: readonly Uint8Array[]): Promise<string> {
  const digests: Uint8Array[] = [];
  for (const part of parts) digests.push(await sha256(part));
  const all = new Uint8Array(digests.length * 32);
  for (const [index, digest] of digests.entries()) all.set(digest, index * 32);
  return hexadecimal(await sha256(all));
}
