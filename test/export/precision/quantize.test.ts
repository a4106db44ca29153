import { describe, expect, test } from 'vitest';
import { columnBlocks, packInt4 } from '../../../src/export/precision/pack.ts';
import { type QuantizedMatrix, quantize } from '../../../src/export/precision/quantize.ts';
import { normals } from '../../../src/random/counter.ts';
import { roundedMatrix } from './rounded-matrix.ts';

const [rows, columns] = [40, 24];
const data = normals(rows * columns, 0.1, 5, 0);

function squaredError(matrix: QuantizedMatrix, original: Float32Array): number {
  return roundedMatrix(matrix).reduce((sum, element, index) => sum + (element - (original[index] ?? 0)) ** 2, 0);
}

/** The error of the plain way: the largest element of a block becomes 7. */
function plainError(blockSize: number): number {
  let sum = 0;
  for (let column = 0; column < columns; column++) {
    for (let start = 0; start < rows; start += blockSize) {
      const block = Array.from(
        { length: Math.min(blockSize, rows - start) },
        (_, at) => data[(start + at) * columns + column] ?? 0,
      );
      const scale = Math.max(...block.map(Math.abs)) / 7;
      sum += block.reduce((error, element) => error + (Math.round(element / scale) * scale - element) ** 2, 0);
    }
  }
  return sum;
}

describe.each([0, 1] as const)('blocks along axis %i', (axis) => {
  const along = axis === 0 ? rows : columns;

  test.each([16, 32, 128])(
    'of %i: 8 bits are off by half a step at most, a step being 1/127 of the largest',
    (blockSize) => {
      const matrix = quantize(data, { rows, columns, axis, bits: 8, blockSize });
      const blocks = Math.ceil(along / blockSize);
      expect(matrix.scales).toHaveLength(blocks * (axis === 0 ? columns : rows));
      const rounded = roundedMatrix(matrix);
      for (let at = 0; at < data.length; at++) {
        const [row, column] = [Math.floor(at / columns), at % columns];
        const [line, place] = axis === 0 ? [column, row] : [row, column];
        const start = Math.floor(place / blockSize) * blockSize;
        const block = Array.from({ length: Math.min(blockSize, along - start) }, (_, offset) => {
          const index = start + offset;
          return Math.abs(data[axis === 0 ? index * columns + line : line * columns + index] ?? 0);
        });
        const step = Math.max(...block) / 127;
        expect(Math.abs((rounded[at] ?? 0) - (data[at] ?? 0))).toBeLessThanOrEqual(step * 0.5001);
      }
    },
  );

  test('transposing the matrix and the axis transposes the result', () => {
    const transposed = Float32Array.from(data, (_, at) => data[(at % rows) * columns + Math.floor(at / rows)] ?? 0);
    const here = roundedMatrix(quantize(data, { rows, columns, axis, bits: 4, blockSize: 16 }));
    const there = roundedMatrix(
      quantize(transposed, { rows: columns, columns: rows, axis: axis === 0 ? 1 : 0, bits: 4, blockSize: 16 }),
    );
    expect(Array.from(here, (_, at) => there[(at % columns) * rows + Math.floor(at / columns)])).toEqual([...here]);
  });
});

test('the searched scale of 4 bits has clearly less squared error than the plain one', () => {
  for (const blockSize of [16, 32, 64]) {
    const searched = quantize(data, { rows, columns, axis: 0, bits: 4, blockSize });
    expect(squaredError(searched, data)).toBeLessThan(0.85 * plainError(blockSize));
    expect(Math.min(...searched.values)).toBe(-8); // the wider half of the range is used
  }
});

test.each([4, 8] as const)('zeros stay zeros in %d bits, alone in a block and among others', (bits) => {
  const some = Float32Array.from({ length: 64 }, (_, at) => (at < 32 ? 0 : at % 2));
  const matrix = quantize(some, { rows: 1, columns: 64, axis: 1, bits, blockSize: 32 });
  const rounded = roundedMatrix(matrix);
  expect(matrix.scales.every((scale) => Number.isFinite(scale) && scale !== 0)).toBe(true);
  expect([...rounded].map((element) => Math.abs(Math.round(element * 1e5)) / 1e5)).toEqual([...some]);
});

test('int4 is packed as the standard says: the first element in the lower half of a byte', () => {
  expect([...packInt4(Int8Array.of(1, -8, 7, -1, 3))]).toEqual([0x81, 0xf7, 0x03]);
});

test.each<[bits: 4 | 8, axis: 0 | 1]>([
  [4, 0],
  [4, 1],
  [8, 0],
  [8, 1],
])('the columns for MatMulNBits hold the same numbers in %i bits along axis %i, and zeros after them', (bits, axis) => {
  const matrix = quantize(data, { rows, columns, axis, bits, blockSize: 32 });
  const { bytes, scales, inner, blocks, bytesPerBlock } = columnBlocks(matrix);
  const [outer, zero] = [axis === 0 ? columns : rows, bits === 8 ? 128 : 8];
  expect([inner, blocks, bytesPerBlock]).toEqual([axis === 0 ? rows : columns, axis === 0 ? 2 : 1, 4 * bits]);
  const rounded = roundedMatrix(matrix);
  for (let column = 0; column < outer; column++) {
    for (let place = 0; place < blocks * 32; place++) {
      const at = column * blocks * 32 + place;
      const raised = bits === 8 ? (bytes[at] ?? 0) : ((bytes[at >> 1] ?? 0) >> (4 * (at & 1))) & 15;
      const number = Math.fround((raised - zero) * (scales[column * blocks + Math.floor(place / 32)] ?? 0));
      const expected = place >= inner ? 0 : rounded[axis === 0 ? place * columns + column : column * columns + place];
      expect(number + 0).toBe((expected ?? 0) + 0); // −0 is 0
    }
  }
});
