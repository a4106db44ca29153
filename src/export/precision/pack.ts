import type { QuantizedMatrix } from './quantize.ts';

/** Whole numbers from −8 to 7, two a byte as the standard packs int4: in order, the first in the lower half. */
export function packInt4(values: Int8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 2));
  for (const [index, value] of values.entries())
    bytes[index >> 1] = (bytes[index >> 1] ?? 0) | ((value & 15) << ((index & 1) * 4));
  return bytes;
}

/** A matrix as MatMulNBits wants it. */
export interface ColumnBlocks {
  /** N: the columns of the matrix as a product's right factor. */
  readonly columns: number;
  /** K: its rows. */
  readonly inner: number;
  readonly blocks: number;
  readonly bytesPerBlock: number;
  /** (columns, blocks, bytes per block): each column's blocks, raised by half the range; a short last block is filled with zeros. */
  readonly bytes: Uint8Array;
  /** (columns, blocks) */
  readonly scales: Float32Array;
}

/** Lays a quantised matrix out by the columns of the product that it is the right factor of. */
export function columnBlocks({ rows, columns, axis, bits, blockSize, values, scales }: QuantizedMatrix): ColumnBlocks {
  const [inner, outer] = axis === 0 ? [rows, columns] : [columns, rows];
  const [step, stride] = axis === 0 ? [columns, 1] : [1, columns];
  const blocks = Math.ceil(inner / blockSize);
  const bytesPerBlock = (blockSize * bits) / 8;
  const zero = bits === 8 ? 128 : 8;
  const bytes = new Uint8Array(outer * blocks * bytesPerBlock).fill(bits === 8 ? zero : zero | (zero << 4));
  const byColumn = new Float32Array(outer * blocks);
  for (let column = 0; column < outer; column++) {
    for (let block = 0; block < blocks; block++) {
      byColumn[column * blocks + block] = scales[axis === 0 ? block * outer + column : column * blocks + block] ?? 0;
    }
    const start = column * blocks * bytesPerBlock;
    for (let place = 0; place < inner; place++) {
      const raised = (values[column * stride + place * step] ?? 0) + zero;
      if (bits === 8) {
        bytes[start + place] = raised;
      } else {
        const at = start + (place >> 1);
        const shift = (place & 1) * 4;
        bytes[at] = ((bytes[at] ?? 0) & (0xf0 >> shift)) | (raised << shift);
      }
    }
  }
  return { columns: outer, inner, blocks, bytesPerBlock, bytes, scales: byColumn };
}
