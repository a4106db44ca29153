import type { Operator } from '../value.ts';
import { mustBe, required } from './shape-rules.ts';

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

export const labelOperators: readonly Operator[] = [labelEncoderOperator];
