import crc32c from 'crc-32/crc32c.js';
import { describe, expect, it } from 'vitest';
import { encodeEvent } from '../../src/tensorboard/event.ts';
import { encodeRecord, maskedCrc32c } from '../../src/tensorboard/records.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('CRC-32C', () => {
  // RFC 3720, appendix B.4, and the check value of the CRC catalogue
  it.each<[what: string, bytes: Uint8Array, crc: number]>([
    ['32 bytes of zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 bytes rising', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    ['32 bytes falling', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
    ['123456789', bytesOf('123456789'), 0xe3069283],
  ])('of %s is that of the standard, and is masked as TFRecord wants it', (_what, bytes, crc) => {
    expect(crc32c.buf(bytes) >>> 0).toBe(crc);
    const turned = ((BigInt(crc) >> 15n) | (BigInt(crc) << 17n)) & 0xffffffffn;
    expect(maskedCrc32c(bytes)).toBe(Number((turned + 0xa282ead8n) & 0xffffffffn));
  });

  it('masked is what TensorFlow has written', () => {
    expect(maskedCrc32c(bytesOf('\x1a\x11CRC test, one two'))).toBe(0x5794d08a);
  });
});

describe('a record', () => {
  it('is length, its checksum, data, their checksum, byte for byte', () => {
    // 0xe3069283 turned right by 15 bits is 0x2507c60d; with 0xa282ead8 it is 0xc78ab0e5
    const record = encodeRecord(bytesOf('123456789'));
    expect(record).toHaveLength(8 + 4 + 9 + 4);
    expect(hex(record.subarray(0, 8))).toBe('0900000000000000');
    expect(hex(record.subarray(12))).toBe(`${hex(bytesOf('123456789'))}e5b08ac7`);
    expect(new DataView(record.buffer).getUint32(8, true)).toBe(maskedCrc32c(record.subarray(0, 8)));
  });

  it("of a file's version is what TensorFlow itself has written", () => {
    const record = encodeRecord(encodeEvent({ wallTime: 1_599_759_586, fileVersion: 'brain.Event:2' }));
    const length = '1800000000000000a37f4b22';
    expect(hex(record)).toBe(`${length}090000803899d6d7411a0d${hex(bytesOf('brain.Event:2'))}124b36ab`);
  });

  it('may be empty', () => {
    expect(hex(encodeRecord(new Uint8Array()))).toBe('000000000000000029039807d8ea82a2');
  });
});
