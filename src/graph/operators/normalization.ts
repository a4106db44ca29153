import { formatShape, withoutLast } from '../dimensions.ts';
import { emit, emitOne } from '../emit.ts';
import type { Operator, OutputType, Value } from '../value.ts';
import { integer, mustAgree, mustBe, required, resolveAxis } from './rules.ts';

const softmaxOperator: Operator = {
  name: 'Softmax',
  since: 13,
  attributes: { axis: 'int' },
  infer: (call) => {
    const x = required(call, 0);
    mustBe(x, 'float32', 'float64', 'float16');
    resolveAxis(integer(call, 'axis'), x.rank);
    return [{ type: x.type, shape: x.shape }];
  },
};

/** exp(x) / Σ exp(x) along an axis: positive numbers that sum to 1. ONNX Softmax-13. */
export function softmax(x: Value, { axis = -1 }: { axis?: number } = {}): Value {
  return emitOne(softmaxOperator, [x], { axis });
}

const layerNormalizationOperator: Operator = {
  name: 'LayerNormalization',
  since: 17,
  attributes: { axis: 'int', epsilon: 'float' },
  requiredOutputs: 1,
  infer: (call) => {
    const [x, scale] = [required(call, 0), required(call, 1)];
    mustBe(x, 'float32', 'float64', 'float16');
    for (const affine of [scale, call.inputs[2]]) {
      if (affine !== undefined && (affine.rank !== 1 || affine.shape[0] !== x.shape.at(-1))) {
        throw new Error(`scale and bias must have the shape (${x.shape.at(-1)}), not ${formatShape(affine.shape)}`);
      }
    }
    for (const affine of [scale, call.inputs[2]]) if (affine !== undefined) mustAgree(x, affine);
    const statistics: OutputType = { type: 'float32', shape: [...withoutLast(x.shape), 1] }; // whatever x is
    return [{ type: x.type, shape: x.shape }, statistics, statistics];
  },
};

/**
 * (x − mean) / √(variance + epsilon) · scale + bias over the last axis (Ba, Kiros & Hinton 2016). ONNX LayerNormalization-17.
 * @param scale (C)
 * @param bias (C), or undefined for none.
 */
export function layerNormalization(
  x: Value,
  scale: Value,
  bias: Value | undefined,
  { epsilon = 1e-5 }: { epsilon?: number } = {},
): Value {
  const inputs = bias === undefined ? [x, scale] : [x, scale, bias];
  const [output] = emit(layerNormalizationOperator, inputs, { axis: -1, epsilon });
  if (output === undefined) throw new TypeError('LayerNormalization yields an output');
  return output;
}
