import { emit, emitOne } from '../emit.ts';
import type { Value } from '../value.ts';

/** exp(x) / Σ exp(x) along an axis: positive numbers that sum to 1. ONNX Softmax-13. */
export function softmax(x: Value, { axis = -1 }: { axis?: number } = {}): Value {
  return emitOne('Softmax', [x], { axis });
}

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
  const [output] = emit('LayerNormalization', inputs, { axis: -1, epsilon });
  if (output === undefined) throw new TypeError('LayerNormalization yields an output');
  return output;
}
