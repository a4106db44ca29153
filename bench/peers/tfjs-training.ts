import type { Tensor, TensorFlow, Variable } from './tfjs-interface.ts';
import type { WorkloadFiles } from './workload-files.ts';

// A GPT and its training in TensorFlow.js. The rows of all sequences lie below each other, (B·T, C): its matrix product gives no
// gradient to a matrix that is shared by a batch.

type Variables = ReadonlyMap<string, Variable>;

/**
 * A product of matrices whose gradient transposes first and multiplies then: for a product with a transposed factor, which the library's
 * own gradient takes, its WebAssembly was measured to be 13 times slower.
 */
function productIn(tf: TensorFlow): (left: Tensor, right: Tensor) => Tensor {
  return tf.customGrad((left, right, save) => {
    save([left, right]);
    const gradFunc = (byProduct: Tensor, [x = left, y = right]: readonly Tensor[]): Tensor[] => [
      tf.matMul(byProduct, tf.transpose(y)),
      tf.matMul(tf.transpose(x), byProduct),
    ];
    return { value: tf.matMul(left, right), gradFunc };
  });
}

/** The mean cross-entropy of what the model expects after each token. */
function lossOf(
  tf: TensorFlow,
  variables: Variables,
  { tokens, targets, mask }: Batch,
  workload: WorkloadFiles,
): Tensor {
  const { batch: B, config } = workload;
  const { layers, heads, embedding: C, block: T, vocabulary: V } = config;
  const D = C / heads;
  const product = productIn(tf);
  const characters = (ids: Tensor): Tensor => tf.cast(tf.oneHot(ids, V), 'float32');
  const weight = (name: string): Tensor => {
    const found = variables.get(name);
    if (found === undefined) throw new TypeError(`there is no weight ${name}`);
    return found;
  };
  const biased = (x: Tensor, name: string): Tensor => (variables.has(name) ? tf.add(x, weight(name)) : x);
  const linear = (x: Tensor, part: string): Tensor => biased(product(x, weight(`${part}.weight`)), `${part}.bias`);
  const norm = (x: Tensor, part: string): Tensor => {
    const { mean, variance } = tf.moments(x, -1, true);
    const standard = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    return biased(tf.mul(standard, weight(`${part}.weight`)), `${part}.bias`);
  };
  const attention = (x: Tensor, part: string): Tensor => {
    const [query, key, value] = tf
      .split(linear(x, `${part}.c_attn`), 3, -1)
      .map((each) => tf.transpose(tf.reshape(each, [B, T, heads, D]), [0, 2, 1, 3])); // (B, H, T, D)
    if (query === undefined || key === undefined || value === undefined) throw new TypeError('a third is missing');
    const scores = tf.add(tf.mul(tf.matMul(query, key, false, true), D ** -0.5), mask); // (B, H, T, T)
    const mixed = tf.matMul(tf.softmax(scores, -1), value);
    return linear(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [B * T, C]), `${part}.c_proj`);
  };
  const gelu = (x: Tensor): Tensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

  const table = weight('transformer.wte.weight');
  // A product, not a gather: the backend on WebAssembly has no UnsortedSegmentSum, the gradient of gather.
  const embedded = product(characters(tokens), table);
  let x = tf.add(embedded, tf.tile(weight('transformer.wpe.weight'), [B, 1])); // (B·T, C)
  for (let layer = 0; layer < layers; layer++) {
    const part = `transformer.h.${layer}`;
    x = tf.add(x, attention(norm(x, `${part}.ln_1`), `${part}.attn`));
    const inner = gelu(linear(norm(x, `${part}.ln_2`), `${part}.mlp.c_fc`));
    x = tf.add(x, linear(inner, `${part}.mlp.c_proj`));
  }
  const output = variables.get('lm_head.weight') ?? table;
  const logits = product(norm(x, 'transformer.ln_f'), tf.transpose(output)); // (B·T, V)
  const likelihoods = tf.mul(tf.logSoftmax(logits, -1), characters(targets));
  return tf.neg(tf.mean(tf.sum(likelihoods, -1)));
}

interface Batch {
  /** int32 (B·T). */
  readonly tokens: Tensor;
  readonly targets: Tensor;
  /** (T, T): 0 for what a token may look at, −∞ for the rest. */
  readonly mask: Tensor;
}

interface Trained {
  readonly name: string;
  readonly weight: Variable;
  readonly first: Variable;
  readonly second: Variable;
}

/** Makes a step at each call, forward, backward, clipping and AdamW, and tells its loss. */
export function tfjsTraining(tf: TensorFlow, workload: WorkloadFiles): () => Promise<number> {
  const { optimizer, learningRate, batch, config } = workload;
  const { beta1, beta2, epsilon, weightDecay, clip } = optimizer;
  const trained = workload.weights.map(({ name, shape, data }): Trained => {
    const initial = tf.tensor(data, shape, 'float32');
    const zeros = tf.zerosLike(initial);
    return {
      name,
      weight: tf.variable(initial, true, name),
      first: tf.variable(zeros, false, `${name}.exp_avg`),
      second: tf.variable(zeros, false, `${name}.exp_avg_sq`),
    };
  });
  const variables: Variables = new Map(trained.map(({ name, weight }) => [name, weight]));
  const T = config.block;
  const triangle = Float32Array.from({ length: T * T }, (_, index) =>
    index % T > Math.floor(index / T) ? -Infinity : 0,
  );
  const mask = tf.keep(tf.tensor(triangle, [T, T], 'float32'));
  let made = 0;
  const step = (): Tensor => {
    const ids = (data: Int32Array): Tensor => tf.tensor(data, [batch * T], 'int32');
    const feeds: Batch = { tokens: ids(workload.tokens(made)), targets: ids(workload.targets(made)), mask };
    made++;
    const { value, grads } = tf.variableGrads(() => lossOf(tf, variables, feeds, workload));
    const gradients = trained.map(({ name }) => {
      const gradient = grads[name];
      if (gradient === undefined) throw new TypeError(`${name} has no gradient`);
      return gradient;
    });
    const norm = tf.sqrt(
      gradients.map((gradient) => tf.sum(tf.square(gradient))).reduce((sum, each) => tf.add(sum, each)),
    );
    const scale = tf.minimum(tf.div(clip, tf.add(norm, 1e-6)), 1);
    for (const [index, { weight, first, second }] of trained.entries()) {
      const gradient = tf.mul(gradients[index] ?? 0, scale);
      first.assign(tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1)));
      second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
      const spread = tf.add(tf.sqrt(tf.div(second, 1 - beta2 ** made)), epsilon);
      const update = tf.mul(tf.div(first, spread), learningRate / (1 - beta1 ** made));
      const shrunk = weight.shape.length >= 2 ? tf.mul(weight, 1 - learningRate * weightDecay) : weight;
      weight.assign(tf.sub(shrunk, update));
    }
    return value;
  };
  return async () => {
    const loss = tf.tidy(step);
    const [value = Number.NaN] = Array.from(await loss.data());
    loss.dispose();
    return value;
  };
}
