import { UserError } from '../errors.ts';
import { arrayOver } from '../onnx/data-types.ts';
import type { ByteSource } from './byte-source.ts';
import { arrays, headerEnd, lengthBytes, parseHeader, type SafetensorsEntry } from './header.ts';
import type { SafetensorsTensor } from './safetensors.ts';

/** A safetensors file of which only the header has been read. */
export interface SafetensorsReader {
  /** By name, in the order of their bytes. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Reads one tensor. @throws UserError when the file no longer has its bytes */
  read(entry: SafetensorsEntry): Promise<SafetensorsTensor>;
}

/**
 * Opens a safetensors file to be read tensor by tensor, so that a file may be larger than memory.
 * The header is checked against the file's size before a byte of a tensor is read or memory is taken for it.
 * @param source what to call the file in an error, as the start of a sentence
 * @throws UserError as `decodeSafetensors` does
 */
export async function openSafetensors(bytes: ByteSource, source = 'The safetensors file'): Promise<SafetensorsReader> {
  const read = async (begin: number, end: number): Promise<Uint8Array> => {
    const part = await bytes.read(begin, end);
    if (part.length === end - begin) return part;
    throw new UserError(`${source} was cut short while it was read: bytes ${begin} to ${end} are no longer there.`);
  };
  const { size } = bytes;
  const dataStart = headerEnd(await read(0, Math.min(lengthBytes, size)), size, source);
  const { entries, metadata } = parseHeader(await read(lengthBytes, dataStart), size - dataStart, source);
  return {
    entries: new Map(entries.map((entry) => [entry.name, entry])),
    metadata,
    async read({ name, type, shape, begin, end }) {
      const data = arrayOver(await read(dataStart + begin, dataStart + end), arrays[type]);
      return { name, type, shape, data };
    },
  };
}
