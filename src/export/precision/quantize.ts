/** A matrix whose elements are whole numbers times a scale that a block of them shares. */
export interface QuantizedMatrix {
  readonly rows: number;
  readonly columns: number;
  /** The axis that is cut into blocks: the one that a product sums over. */
  readonly axis: 0 | 1;
  readonly bits: 4 | 8;
  /** How many elements along the axis share a scale; the last block may be shorter. */
  readonly blockSize: number;
  /** (rows, columns), from −8 to 7 or −127 to 127. */
  readonly values: Int8Array;
  /** (rows, columns) with the axis counted in blocks. */
  readonly scales: Float32Array;
}

export interface QuantizeOptions extends Pick<QuantizedMatrix, 'rows' | 'columns' | 'axis' | 'bits' | 'blockSize'> {}

/**
 * Rounds a matrix to few bits, symmetrically: 0 stays 0.
 * @param data (rows, columns), finite
 */
export function quantize(data: Float32Array, options: QuantizeOptions): QuantizedMatrix {
  const { rows, columns, axis, bits, blockSize } = options;
  const [along, across] = axis === 0 ? [rows, columns] : [columns, rows];
  const [step, stride] = axis === 0 ? [columns, 1] : [1, columns]; // from element to element, and from line to line
  const blocks = Math.ceil(along / blockSize);
  const [blockStep, blockStride] = axis === 0 ? [across, 1] : [1, blocks];
  const values = new Int8Array(data.length);
  const scales = new Float32Array(blocks * across);
  const block = new Float32Array(blockSize);
  for (let line = 0; line < across; line++) {
    for (let index = 0; index < blocks; index++) {
      const start = index * blockSize;
      const length = Math.min(blockSize, along - start);
      const offset = line * stride + start * step;
      for (let place = 0; place < length; place++) block[place] = data[offset + place * step] ?? 0;
      const elements = block.subarray(0, length);
      const scale = Math.fround(bits === 8 ? evenScale(elements) : bestScale(elements));
      scales[index * blockStep + line * blockStride] = scale;
      const [lowest, highest] = rangeOf(bits);
      for (let place = 0; place < length; place++) {
        const rounded = Math.round((block[place] ?? 0) / scale);
        values[offset + place * step] = Math.min(Math.max(rounded, lowest), highest);
      }
    }
  }
  return { ...options, values, scales };
}

/** −128 is left out, so that a number and its negative are rounded alike. */
function rangeOf(bits: 4 | 8): readonly [lowest: number, highest: number] {
  return bits === 8 ? [-127, 127] : [-8, 7];
}

/** The scale at which the largest element is 127. A block of zeros may have any: 1. */
function evenScale(block: Float32Array): number {
  return Math.abs(largestOf(block)) / 127 || 1;
}

/** How far the scales that are tried lie from the one at which the largest element just fits. */
const divisors: readonly number[] = Array.from({ length: 13 }, (_, index) => 6.25 + index / 4);

/**
 * The scale of 4 bits with the least squared error: for each of several, of both signs (the range is wider below 0), the elements are
 * rounded and the scale that fits those whole numbers best is Σxq / Σq², which leaves an error of Σx² − (Σxq)² / Σq².
 */
function bestScale(block: Float32Array): number {
  const largest = largestOf(block);
  let best = 1;
  let explained = 0;
  if (largest === 0) return best;
  for (const divisor of divisors) {
    for (const sign of [-1, 1]) {
      const inverse = (sign * divisor) / largest;
      let products = 0;
      let squares = 0;
      for (const element of block) {
        const rounded = Math.min(Math.max(Math.round(element * inverse), -8), 7);
        products += element * rounded;
        squares += rounded * rounded;
      }
      if (squares > 0 && products ** 2 / squares > explained) {
        explained = products ** 2 / squares;
        best = products / squares;
      }
    }
  }
  return best;
}

/** The element farthest from 0. */
function largestOf(block: Float32Array): number {
  let largest = 0;
  for (const element of block) if (Math.abs(element) > Math.abs(largest)) largest = element;
  return largest;
}
