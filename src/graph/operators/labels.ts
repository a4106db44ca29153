import { emitOne } from '../emit.ts';
import type { Operator, Value } from '../value.ts';
import { mustBe, required } from './rules.ts';

const labelEncoderOperator: Operator = {
  name: 'LabelEncoder',
  domain: 'ai.onnx.ml',
  since: 2,
  attributes: {
    keys_strings: 'strings',
    values_int64s: 'ints',
    default_int64: 'int',
    keys_int64s: 'ints',
    values_strings: 'strings',
    default_string: 'string',
  },
  infer: (call) => {
    const x = required(call, 0);
    const encodes = call.attributes.keys_strings !== undefined;
    mustBe(x, encodes ? 'string' : 'int64');
    return [{ type: encodes ? 'int64' : 'string', shape: x.shape }];
  },
};

/**
 * The number of each string in a list, from 0; one that is not in it gets the number after the last, which no table has a row for.
 * ai.onnx.ml LabelEncoder-2.
 * @param x string (…)
 * @returns int64 (…)
 */
export function numberOfLabel(x: Value, labels: readonly string[]): Value {
  const numbers = labels.map((_, index) => index);
  return emitOne(labelEncoderOperator, [x], {
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
  return emitOne(labelEncoderOperator, [x], { keys_int64s: numbers, values_strings: labels, default_string: '' });
}
