/** What kinds of operator are tinted alike. */
export const families = ['product', 'normalisation', 'elementwise', 'shape', 'control', 'other'] as const;

export type Family = (typeof families)[number];

/** What the legend says of each. */
export const familyLabels: Readonly<Record<Family, string>> = {
  product: 'matrix products',
  normalisation: 'sums and norms',
  elementwise: 'number by number',
  shape: 'shapes and places',
  control: 'control',
  other: 'other',
};

const members: Readonly<Record<Exclude<Family, 'other'>, string>> = {
  product:
    'MatMul Gemm Einsum Conv ConvTranspose ConvInteger DeformConv MatMulInteger QLinearMatMul QLinearConv Attention FusedMatMul MatMulNBits MatMulBnb4 FusedConv FusedGemm GroupQueryAttention MultiHeadAttention QAttention RNN LSTM GRU',
  normalisation:
    'Softmax LogSoftmax Hardmax LayerNormalization BatchNormalization GroupNormalization InstanceNormalization RMSNormalization SimplifiedLayerNormalization SkipLayerNormalization SkipSimplifiedLayerNormalization EmbedLayerNormalization MeanVarianceNormalization LpNormalization LRN ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum ReduceLogSumExp CumSum Sum Mean ArgMax ArgMin TopK SoftmaxCrossEntropyLoss NegativeLogLikelihoodLoss AveragePool MaxPool GlobalAveragePool GlobalMaxPool LpPool',
  elementwise:
    'Add Sub Mul Div Mod Pow Sqrt Exp Log Abs Neg Sign Reciprocal Floor Ceil Round Erf Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh Relu LeakyRelu PRelu Elu Selu Celu Gelu FastGelu BiasGelu QuickGelu Sigmoid HardSigmoid Swish HardSwish Mish Softplus Softsign ThresholdedRelu Clip Min Max Where Equal Greater Less GreaterOrEqual LessOrEqual Not And Or Xor BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitShift IsNaN IsInf Cast CastLike Dropout Identity DequantizeLinear QuantizeLinear DynamicQuantizeLinear RotaryEmbedding RandomNormal RandomNormalLike RandomUniform RandomUniformLike Bernoulli Multinomial',
  shape:
    'Reshape Transpose Squeeze Unsqueeze Flatten Expand Tile Concat Split Slice Pad Gather GatherElements GatherND Scatter ScatterElements ScatterND TensorScatter OneHot Shape Size Constant ConstantOfShape Range Trilu EyeLike NonZero Compress Unique ReverseSequence DepthToSpace SpaceToDepth Resize Upsample Col2Im CenterCropPad GridSample SequenceConstruct SequenceAt SequenceInsert SequenceErase SequenceEmpty SequenceLength SplitToSequence ConcatFromSequence',
  control: 'If Loop Scan SequenceMap Optional OptionalGetElement OptionalHasElement',
};

const familyOfOperator: ReadonlyMap<string, Family> = new Map(
  families.flatMap((family) =>
    family === 'other' ? [] : members[family].split(' ').map((operator): [string, Family] => [operator, family]),
  ),
);

/** The family of an operator, whatever its domain. */
export function familyOf(opType = ''): Family {
  return familyOfOperator.get(opType) ?? 'other';
}
