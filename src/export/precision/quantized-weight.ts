import {
  cast,
  dequantizeLinear,
  dynamicQuantizeLinear,
  gather,
  matMulInteger,
  matMulNBits,
  mul,
  namedConstant,
  reshape,
  slice,
  sub,
  transpose,
  unsqueeze,
  type Value,
} from '../../graph/index.ts';
import { columnBlocks, packInt4 } from './pack.ts';
import type { QuantizedMatrix } from './quantize.ts';

/** How a graph reads a weight that is stored in few bits. What is absent must be read from the float32 weight. */
export interface QuantizedWeight {
  /** x times the weight (transposed where the product read it so). @param x (…, K) @returns (…, N) */
  readonly product?: (x: Value) => Value;
  /** The rows with these numbers. @param indices (…) @returns (…, columns) */
  readonly rows?: (indices: Value) => Value;
  /** The weight itself, (rows, columns). */
  readonly whole?: () => Value;
  /** (columns, rows) */
  readonly transposed?: () => Value;
}

const storedName = (name: string): string => `${name}_quantized`;
const scaleName = (name: string): string => `${name}_scale`;

/** The standard's own form: DequantizeLinear in front of whatever reads the weight. Runtimes fuse it with the product. */
export function dequantizedWeight(name: string, matrix: QuantizedMatrix): QuantizedWeight {
  const { rows, columns, axis, bits, blockSize, values, scales } = matrix;
  const blocks = Math.ceil((axis === 0 ? rows : columns) / blockSize);
  const scale = namedConstant(scaleName(name), scales, 'float32', axis === 0 ? [blocks, columns] : [rows, blocks]);
  const stored =
    bits === 8
      ? namedConstant(storedName(name), values, 'int8', [rows, columns])
      : namedConstant(storedName(name), packInt4(values), 'int4', [rows, columns]);
  const byRows = axis === 1 && bits === 8; // no Gather and no Transpose takes int4
  return {
    whole: () => dequantizeLinear(stored, scale, { axis, blockSize }),
    ...(byRows && {
      // Transposed while it is still int8, which a runtime does once for all when it loads the graph.
      transposed: () => dequantizeLinear(transpose(stored), transpose(scale), { axis: 0, blockSize }),
      rows: (indices) =>
        dequantizeLinear(gather(stored, indices), gather(scale, indices), { axis: indices.rank, blockSize }),
    }),
  };
}

/** ONNX Runtime's MatMulNBits. @param accuracyLevel see `matMulNBits` */
export function packedWeight(name: string, matrix: QuantizedMatrix, accuracyLevel: 0 | 1 | 2 | 4): QuantizedWeight {
  const { bits, blockSize } = matrix;
  const { columns, inner, blocks, bytesPerBlock, bytes, scales } = columnBlocks(matrix);
  const stored = namedConstant(storedName(name), bytes, 'uint8', [columns, blocks, bytesPerBlock]);
  const scale = namedConstant(scaleName(name), scales, 'float32', [columns, blocks]);
  const rows = (indices: Value): Value => {
    const blocked = sub(cast(gather(stored, indices), 'float32'), 128); // (…, blocks, block size)
    const numbers = mul(blocked, unsqueeze(gather(scale, indices), [-1]));
    const joined = reshape(numbers, [...indices.shape, blocks * blockSize], [indices]);
    return blocks * blockSize === inner ? joined : slice(joined, { axis: indices.rank, end: inner, length: inner });
  };
  return {
    product: (x) => matMulNBits(x, stored, scale, { inner, columns, bits, blockSize, accuracyLevel }),
    ...(matrix.axis === 1 && bits === 8 && { rows }),
  };
}

/**
 * A product in whole numbers: what comes in is rounded to uint8 too, by one scale for all of it. Plain operators of every opset.
 * @param matrix in blocks as long as the axis: a scale a column of the product
 */
export function integerWeight(name: string, matrix: QuantizedMatrix): QuantizedWeight {
  const { rows, columns, axis, values, scales } = matrix;
  const stored = namedConstant(storedName(name), values, 'int8', [rows, columns]);
  const scale = namedConstant(scaleName(name), scales, 'float32', [scales.length]);
  return {
    product: (x) => {
      const { quantized, scale: scaleOfX, zeroPoint } = dynamicQuantizeLinear(x);
      const product = matMulInteger(quantized, axis === 0 ? stored : transpose(stored), zeroPoint); // (…, N)
      return mul(cast(product, 'float32'), mul(scaleOfX, scale));
    },
    ...(axis === 1 && {
      rows: (indices) => mul(cast(gather(stored, indices), 'float32'), unsqueeze(gather(scale, indices), [-1])),
    }),
  };
}
