import { emitOne } from '../emit.ts';
import type { Value } from '../value.ts';

/**
 * The number of each string in a list, from 0; one that is not in it gets the number after the last, which no table has a row for.
 * ai.onnx.ml LabelEncoder-2.
 * @param x string (…)
 * @returns int64 (…)
 */
export function numberOfLabel(x: Value, labels: readonly string[]): Value {
  const numbers = labels.map((_, index) => index);
  return emitOne('ai.onnx.ml.LabelEncoder', [x], {
    keys_strings: labels,
    values_int64s: numbers,
    default_int64: labels.length,
  });
}

/**
 * The string of each number in a list. ai.onnx.ml LabelEncoder-2.
 * @param x int64 (…)
 * @returns string (…)
 */
export function labelOfNumber(x: Value, labels: readonly string[]): Value {
  const numbers = labels.map((_, index) => index);
  return emitOne('ai.onnx.ml.LabelEncoder', [x], { keys_int64s: numbers, values_strings: labels, default_string: '' });
}
