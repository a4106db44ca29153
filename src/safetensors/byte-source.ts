/**
 * Bytes that can be read a part at a time, such as a file on a disk or a page's `Blob`
 * (`{ size: blob.size, read: async (begin, end) => new Uint8Array(await blob.slice(begin, end).arrayBuffer()) }`).
 */
export interface ByteSource {
  /** How many bytes there are. */
  readonly size: number;
  /** The bytes from `begin` up to `end`, exclusive; both lie within `size`. */
  read(begin: number, end: number): Promise<Uint8Array>;
  /** Lets go of what was held to read; nothing is read after it. */
  close?(): Promise<void>;
}

/** Bytes in memory, read as views of them. */
export function bytesInMemory(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: async (begin, end) => bytes.subarray(begin, end) };
}
