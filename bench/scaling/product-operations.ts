/** Matrix products, and what ONNX Runtime makes of them. Their first two inputs are the factors. */
const products: ReadonlySet<string> = new Set(['MatMul', 'FusedMatMul', 'Gemm', 'FusedGemm']);

function elements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * The floating-point operations of a kernel that is a matrix product, told from the shapes alone, whichever factors are transposed;
 * undefined for any other kernel.
 * @throws TypeError for a product whose factors don't fit
 */
export function productOperations(
  operator: string,
  inputs: readonly (readonly number[])[],
  outputs: readonly (readonly number[])[],
): number | undefined {
  if (!products.has(operator)) return undefined;
  const [left = [], right = []] = inputs;
  const [output = []] = outputs;
  const [rows = 1, columns = 1] = output.slice(-2);
  const size = elements(output);
  if (size === 0) return 0;
  const batch = size / (rows * columns);
  // A factor with more than two axes has a matrix for each product of the batch; one without serves them all.
  const matrices = (shape: readonly number[]): number => (shape.length > 2 ? batch : 1);
  const inner = elements(right) / (matrices(right) * columns);
  if (elements(left) !== matrices(left) * rows * inner) {
    throw new TypeError(`${operator} of (${left}) and (${right}) does not make (${output})`);
  }
  return 2 * size * inner;
}
