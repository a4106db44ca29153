/**
 * Random bits for every element of a large matrix from one hash per row and one per column: the cheap form for dropout masks,
 * one Mul over the large tensor where hashing each element would take twenty operators.
 *
 *     odd(x)     = 2x + 1                        Mul, Add        on the vectors
 *     bits[i, j] = odd(row_i) · odd(column_j)    Mul             on the matrix
 *     dropped    = bits[i, j] < threshold        Less
 *
 * Why this is enough. For an odd multiplier that is uniform, the product with any odd number is uniform; and the elements
 * of a row, a column or a rectangle are independent under a threshold unless small multiples of their hashes cancel modulo 2^31
 * (k₁·column_j + k₂·column_l ≡ 0), which for hashed vectors happens to about one pair in 2^30. As in all multiplicative hashing
 * (Dietzfelbinger et al., 1997) only the high bits are good: compare the bits as a whole, do not take them apart.
 * test/random/outer.test.ts measures rates, rows, columns, 2 × 2 blocks, all rectangles and successive steps.
 */

/** `2x + 1` modulo 2^32: makes a hash a multiplier that loses nothing. */
export function odd(x: number): number {
  return (2 * x + 1) | 0;
}

/**
 * @param rowHashes one `hash` per row, all bits good
 * @param columnHashes one `hash` per column, of another stream
 * @returns [rows, columns], row after row: int32, to be compared with a threshold as a whole
 */
export function outerHash(rowHashes: Int32Array, columnHashes: Int32Array): Int32Array {
  const columns = columnHashes.length;
  const bits = new Int32Array(rowHashes.length * columns);
  for (const [row, rowHash] of rowHashes.entries()) {
    const multiplier = odd(rowHash);
    for (let column = 0; column < columns; column += 1) {
      bits[row * columns + column] = Math.imul(multiplier, odd(columnHashes[column] ?? 0));
    }
  }
  return bits;
}

/**
 * The int32 below which a share `probability` of all int32 lies: `bits < threshold(p)` is true with probability p, within 2^-31.
 * @param probability from 0 to below 1
 * @throws RangeError when it is outside of that
 */
export function threshold(probability: number): number {
  if (!(probability >= 0 && probability < 1)) {
    throw new RangeError(`A probability of ${probability} has no threshold; it must be at least 0 and below 1.`);
  }
  return Math.min(Math.round((probability - 0.5) * 2 ** 32), 2 ** 31 - 1);
}
