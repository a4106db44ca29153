import crc32c from 'crc-32/crc32c.js';

/**
 * The layout of a record in TensorFlow's files (TFRecord): the length of its data in 8 bytes, the masked CRC-32C of these, the data,
 * and its masked CRC-32C; all numbers little-endian.
 */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(12 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

const MASK_DELTA = 0xa282ead8;

/**
 * The CRC-32C (Castagnoli) of some bytes, turned right by 15 bits with a constant added: a checksum of data that holds checksums itself
 * would tell little.
 */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
