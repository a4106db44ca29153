import { ownOperators } from './operators/index.ts';
import { defineOperator } from './registry.ts';

export { attributeForms, lowestVersion } from './attributes.ts';
export {
  type Block,
  type BuildOptions,
  build,
  type Graph,
  type NamedNode,
  type NamedValue,
  namedValues,
} from './build.ts';
export {
  type Attended,
  type AttentionOptions,
  attention,
  type GroupQueryAttentionOptions,
  groupQueryAttention,
} from './calls/attention.ts';
export {
  type LoopOptions,
  type LoopResult,
  type LoopState,
  loop,
  type ScanOptions,
  scan,
  turnNumber,
} from './calls/control.ts';
export * from './calls/elementwise.ts';
export { gather, gatherElements, scatterElements, topK } from './calls/indexing.ts';
export { labelOfNumber, numberOfLabel } from './calls/labels.ts';
export { type GemmOptions, gemm, matMul } from './calls/matrix.ts';
export { layerNormalization, softmax } from './calls/normalization.ts';
export {
  type DequantizeOptions,
  dequantizeLinear,
  dynamicQuantizeLinear,
  type MatMulNBitsOptions,
  matMulInteger,
  matMulNBits,
} from './calls/quantization.ts';
export {
  argMax,
  cumSum,
  type ReductionOptions,
  reduceMax,
  reduceMean,
  reduceSum,
  reduceSumSquare,
} from './calls/reduction.ts';
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
} from './calls/shape.ts';
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
export { emit, emitOne } from './emit.ts';
export { GraphError } from './error.ts';
export { gelu, geluByTanh, stopGradient } from './functions.ts';
export { gradients } from './gradients.ts';
export { dimensionOf, dimensionsOf, findDimension, knownDimensions, rememberDimensions } from './known.ts';
export { asValue, constant, input, namedConstant, type Operand, parameter } from './leaves.ts';
export { reduceTo } from './operators/gradient-rules.ts';
export { broadcasting, sameAsFirst } from './operators/shape-rules.ts';
export { printGraph } from './print-graph.ts';
export {
  countOf,
  type DropoutOptions,
  type DropoutSource,
  hashOf,
  seededDropout,
  uniformFromBitsOf,
} from './random.ts';
export { defineOperator, findOperator } from './registry.ts';
export { type Rewriting, rewrite, rewriteValues } from './rewrite.ts';
export { inScope, scope, scoped, scopedName } from './scope.ts';
export { sharingParameters } from './sharing.ts';
export { type ElementType, isFloating, type TensorData, tensorData } from './types.ts';
export {
  type AttributeForm,
  type AttributeKind,
  type Attributes,
  type Body,
  type GradientCall,
  type GradientRule,
  type Node,
  type Operator,
  type OperatorCall,
  type OutputType,
  Value,
} from './value.ts';
export { contents, nodesBefore, operands, postOrder, producer } from './walk.ts';

// Calls refer to operators by name, so that the gradient rules, which stand beside the operators, can make use of all calls.
for (const operator of ownOperators) defineOperator(operator);
