export { type Block, type BuildOptions, build, type Graph, type NamedNode, type NamedValue } from './build.ts';
export {
  addDimensions,
  broadcastShapes,
  type Dimension,
  divideDimensions,
  formatShape,
  multiplyDimensions,
  type Shape,
  sameShape,
  subtractDimensions,
} from './dimensions.ts';
export { emit, emitOne, GraphError } from './emit.ts';
export { gelu, geluByTanh, stopGradient } from './functions.ts';
export { dimensionOf, dimensionsOf, findDimension, knownDimensions, rememberDimensions } from './known.ts';
export { asValue, constant, input, namedConstant, type Operand, parameter } from './leaves.ts';
export {
  type Attended,
  type AttentionOptions,
  attention,
  type GroupQueryAttentionOptions,
  groupQueryAttention,
} from './operators/attention.ts';
export {
  type LoopOptions,
  type LoopResult,
  type LoopState,
  loop,
  type ScanOptions,
  scan,
  turnNumber,
} from './operators/control.ts';
export * from './operators/elementwise.ts';
export { gather, gatherElements, scatterElements, topK } from './operators/indexing.ts';
export { labelOfNumber, numberOfLabel } from './operators/labels.ts';
export { type GemmOptions, gemm, matMul } from './operators/matrix.ts';
export { layerNormalization, softmax } from './operators/normalization.ts';
export {
  type DequantizeOptions,
  dequantizeLinear,
  dynamicQuantizeLinear,
  type MatMulNBitsOptions,
  matMulInteger,
  matMulNBits,
} from './operators/quantization.ts';
export {
  argMax,
  cumSum,
  type ReductionOptions,
  reduceMax,
  reduceMean,
  reduceSum,
  reduceSumSquare,
} from './operators/reduction.ts';
export {
  concat,
  expand,
  filled,
  range,
  reshape,
  reshapeLike,
  type SliceRange,
  slice,
  split,
  squeeze,
  transpose,
  trilu,
  unsqueeze,
  vector,
} from './operators/shape.ts';
export { printGraph } from './print.ts';
export { countOf, type DropoutOptions, type DropoutSource, dropout, hashOf, uniformFromBitsOf } from './random.ts';
export { type Rewriting, rewrite, rewriteValues } from './rewrite.ts';
export { inScope, scope, scopedName } from './scope.ts';
export { sharingParameters } from './sharing.ts';
export { type ElementType, isFloating, type TensorData, tensorData } from './types.ts';
export {
  type Attributes,
  type Body,
  type Initializer,
  type Node,
  type Operator,
  type OperatorCall,
  type OutputType,
  Value,
} from './value.ts';
export { contents, nodesBefore, operands, postOrder, producer } from './walk.ts';
