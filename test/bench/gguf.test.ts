import { describe, expect, it } from 'vitest';
import { encodeGguf } from '../../bench/llama/gguf.ts';

describe('encodeGguf', () => {
  it('writes header, metadata, descriptions with the axes turned round, and data at multiples of 32 bytes', () => {
    const bytes = encodeGguf({
      metadata: {
        'a.count': { type: 'uint32', value: 7 },
        'a.names': { type: 'strings', value: ['x', 'yz'] },
      },
      tensors: [
        { name: 'first', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
        { name: 'second', shape: [1], data: Float32Array.of(7) },
      ],
    });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let position = 4;
    const skip = (bytes: number): number => {
      position += bytes;
      return position - bytes;
    };
    const uint32 = (): number => view.getUint32(skip(4), true);
    const uint64 = (): number => Number(view.getBigUint64(skip(8), true));
    const text = (): string => {
      const length = uint64();
      const start = skip(length);
      return new TextDecoder().decode(bytes.subarray(start, position));
    };
    expect(new TextDecoder().decode(bytes.subarray(0, position))).toBe('GGUF');
    expect([uint32(), uint64(), uint64()]).toEqual([3, 2, 2]);
    expect([text(), uint32(), uint32()]).toEqual(['a.count', 4, 7]);
    expect([text(), uint32(), uint32(), uint64(), text(), text()]).toEqual(['a.names', 9, 8, 2, 'x', 'yz']);
    expect([text(), uint32(), uint64(), uint64(), uint32(), uint64()]).toEqual(['first', 2, 3, 2, 0, 0]);
    expect([text(), uint32(), uint64(), uint32(), uint64()]).toEqual(['second', 1, 1, 0, 32]);
    const start = Math.ceil(position / 32) * 32;
    expect([0, 5, 8].map((index) => view.getFloat32(start + 4 * index, true))).toEqual([1, 6, 7]);
    expect(bytes.byteLength).toBe(start + 64);
  });
});
