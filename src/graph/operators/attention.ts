import { addDimensions, type Dimension, formatShape, sameShape } from '../dimensions.ts';
import type { Operator, OperatorCall, OutputType, Value } from '../value.ts';
import { mustAgree, mustBe, required, withAxis } from './shape-rules.ts';

function cached(past: Value | undefined, own: Value): OutputType {
  const length = addDimensions(past?.shape[2] ?? 0, own.shape[2] ?? 0);
  if (past !== undefined && !sameShape(withAxis(past.shape, 2, 0), withAxis(own.shape, 2, 0))) {
    throw new Error(`the past ${formatShape(past.shape)} does not go before ${formatShape(own.shape)}`);
  }
  return { type: own.type, shape: withAxis(own.shape, 2, length) };
}

function packedCache({ inputs, attributes }: OperatorCall, key: Value): OutputType {
  const heads = Number(attributes.kv_num_heads);
  const [batch = 1, time = 1, width = 1] = key.shape;
  const past: Dimension = inputs[3]?.shape[2] ?? 0;
  return { type: key.type, shape: [batch, heads, addDimensions(past, time), Number(width) / heads] };
}

const attentionOperator: Operator = {
  name: 'Attention',
  since: 23,
  attributes: { is_causal: 'int', scale: 'float' },
  requiredOutputs: 1,
  infer: (call) => {
    const [query, key, value] = [required(call, 0), required(call, 1), required(call, 2)];
    for (const part of [query, key, value]) {
      mustBe(part, 'float32', 'float16');
      mustAgree(query, part);
      if (part.rank !== 4) throw new Error('query, key and value must have the axes batch, head, time and width');
    }
    const [mask, pastKeys, pastValues] = call.inputs.slice(3);
    if (mask !== undefined) mustBe(mask, 'bool', query.type);
    return [{ type: query.type, shape: query.shape }, cached(pastKeys, key), cached(pastValues, value)];
  },
};

const groupQueryAttentionOperator: Operator = {
  name: 'GroupQueryAttention',
  domain: 'com.microsoft',
  since: 1,
  attributes: { num_heads: 'int', kv_num_heads: 'int', scale: 'float' },
  infer: (call) => {
    const [query, key] = [required(call, 0), required(call, 1)];
    mustBe(query, 'float32', 'float16');
    if (query.rank !== 3) throw new Error('query, key and value must have the axes batch, time and width');
    mustBe(required(call, 5), 'int32');
    mustBe(required(call, 6), 'int32');
    const present = packedCache(call, key);
    return [{ type: query.type, shape: query.shape }, present, present];
  },
};

export const attentionOperators: readonly Operator[] = [attentionOperator, groupQueryAttentionOperator];
