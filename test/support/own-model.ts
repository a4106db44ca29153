import {
  add,
  concat,
  div,
  gather,
  matMul,
  mul,
  parameter,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  scope,
  sigmoid,
  sqrt,
  transpose,
  type Value,
} from '../../src/graph.ts';
import {
  causalAttention,
  choice,
  decimalNumber,
  defineModel,
  dropout,
  embedding,
  linear,
  positions,
  scaledNormal,
  toggle,
  wholeNumber,
} from '../../src/index.ts';
import { causalMask, width, withPast } from '../../src/parts.ts';

interface Sizes {
  readonly heads: number;
  readonly dropout: number;
  readonly activation: 'silu' | 'relu';
}

/** Zhang & Sennrich 2019: no mean is taken off, and there is no bias. @param x (…, C) @returns (…, C) */
export function rmsNorm(name: string, x: Value): Value {
  return scope(name, () => {
    const square = reduceMean(mul(x, x), { axes: [-1], keepDims: true }); // (…, 1)
    return mul(div(x, sqrt(add(square, 1e-5))), parameter('weight', [width(x)])); // (…, C)
  });
}

/** @param x (B, T, C) @returns (B, T, C) */
function attention(x: Value, { heads, dropout: rate }: Sizes): Value {
  const C = width(x);
  const [query, key, value] = ['query', 'key', 'value'].map((name) => {
    const projected = linear(name, x, C, { bias: false }); // (B, T, C)
    return transpose(reshape(projected, [...x.shape.slice(0, 2), heads, C / heads]), [0, 2, 1, 3]); // (B, H, T, D)
  }) as [Value, Value, Value];
  const mixed = causalAttention(query, key, value, { dropout: rate }); // (B, H, T, D)
  return linear('out', reshape(transpose(mixed, [0, 2, 1, 3]), x.shape), C, { bias: false }); // (B, T, C)
}

/** Shazeer 2020, "GLU variants improve transformer". @param x (B, T, C) @returns (B, T, C) */
function gated(x: Value, { activation, dropout: rate }: Sizes): Value {
  const inner = linear('gate', x, 2 * width(x)); // (B, T, 2C)
  const open = activation === 'relu' ? relu(inner) : mul(inner, sigmoid(inner)); // (B, T, 2C)
  return dropout(linear('down', mul(open, linear('up', x, 2 * width(x))), width(x)), rate); // (B, T, C)
}

/** The mean of all that was read so far. @param x (B, T, C) @returns (B, T, C) */
function recalled(x: Value): Value {
  const past = withPast('read', x); // (B, S, C)
  const visible = causalMask(past, 1); // (T, S)
  return matMul(div(visible, reduceSum(visible, { axes: [-1], keepDims: true })), past); // (B, T, C)
}

/** A model that no rung of the ladder is, of the public functions alone: RMSNorm, gated layers, an output layer of its own. */
export const ownModel = defineModel({
  name: 'rms-gpt',
  description: 'RMSNorm and gated layers',
  settings: {
    block: wholeNumber({ default: 8, description: 'tokens that the model sees at once' }),
    size: wholeNumber({ default: 16, description: 'width of the residual stream' }),
    layers: wholeNumber({ default: 2, description: 'layers' }),
    heads: wholeNumber({ default: 2, description: 'heads of a layer' }),
    dropout: decimalNumber({ default: 0, min: 0, below: 1, description: 'share of activations set to 0' }),
    activation: choice(['silu', 'relu'], { default: 'silu', description: 'what opens the gate' }),
    recalls: toggle({ default: true, description: 'a last layer over all that was read', off: 'no such layer' }),
  },
  check: ({ size, heads }) =>
    size % heads === 0 ? undefined : `A size of ${size} can't be shared out among ${heads} heads.`,
  initialization: ({ layers }) => ({
    '*.down.weight': scaledNormal(1 / Math.sqrt(layers)),
    'places.weight': scaledNormal(),
  }),
  training: { steps: 300, batch: 4, learningRate: 3e-3, schedule: 'constant' },
  logits(tokens, { vocabulary, block, size: C, layers, recalls, ...sizes }) {
    let x = add(gather(embedding('tokens', vocabulary, C), tokens), positions(embedding('places', block, C))); // (B, T, C)
    for (let layer = 0; layer < layers; layer += 1) {
      x = scope(`layers.${layer}`, () => {
        const heard = add(x, attention(rmsNorm('norm_1', x), sizes)); // (B, T, C)
        return add(heard, gated(rmsNorm('norm_2', heard), sizes)); // (B, T, C)
      });
    }
    const seen = recalls ? concat([x, recalled(x)], { axis: -1 }) : x; // (B, T, 2C)
    return linear('head', rmsNorm('norm', seen), vocabulary); // (B, T, V)
  },
});
