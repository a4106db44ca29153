import crc32c from 'crc-32/crc32c.js';
import { describe, expect, it } from 'vitest';
import { encodeRecord, maskedCrc32c } from '../../src/tensorboard/records.ts';

describe('CRC-32C', () => {
  // RFC 3720, appendix B.4, and the check value of the CRC catalogue
  it.each<[what: string, bytes: Uint8Array, crc: number]>([
    ['32 bytes of zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 bytes rising', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    ['32 bytes falling', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
    ['123456789', new TextEncoder().encode('123456789'), 0xe3069283],
  ])('of %s is that of the standard, and is masked as TFRecord wants it', (_what, bytes, crc) => {
    expect(crc32c.buf(bytes) >>> 0).toBe(crc);
    const turned = ((BigInt(crc) >> 15n) | (BigInt(crc) << 17n)) & 0xffffffffn;
    expect(maskedCrc32c(bytes)).toBe(Number((turned + 0xa282ead8n) & 0xffffffffn));
  });
});

describe('a record', () => {
  it('is length, its checksum, data, their checksum, byte for byte', () => {
    const record = encodeRecord(new TextEncoder().encode('123456789'));
    const view = new DataView(record.buffer);
    expect(record.length).toBe(8 + 4 + 9 + 4);
    expect([...record.subarray(0, 8)]).toEqual([9, 0, 0, 0, 0, 0, 0, 0]);
    expect(view.getUint32(8, true)).toBe(maskedCrc32c(record.subarray(0, 8)));
    expect(new TextDecoder().decode(record.subarray(12, 21))).toBe('123456789');
    expect(view.getUint32(21, true)).toBe(((((0xe3069283 >>> 15) | (0xe3069283 << 17)) >>> 0) + 0xa282ead8) % 2 ** 32);
  });

  it('may be empty', () => {
    expect(encodeRecord(new Uint8Array())).toHaveLength(16);
  });
});
