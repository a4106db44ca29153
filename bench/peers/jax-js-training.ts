import { init, type Array as JaxArray, jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { GptSettings } from '../common/models.ts';
import type { WorkloadFiles } from './workload-files.ts';

// A GPT and its training in jax-js. Every use of an array but its last goes through `.ref`: jax-js counts the owners of its arrays.

type Arrays = Record<string, JaxArray>;

/** Weights and their moments, as a step takes and leaves them. */
type State = { weights: Arrays; first: Arrays; second: Arrays };

/** The mean cross-entropy of what the model expects after each token. The weights are used up. */
function lossOf(weights: Arrays, tokens: JaxArray, targets: JaxArray, config: GptSettings): JaxArray {
  const { layers, heads, embedding: C, block: T, vocabulary: V } = config;
  const use = (name: string): JaxArray => {
    const weight = weights[name];
    if (weight === undefined) throw new TypeError(`there is no weight ${name}`);
    return weight.ref;
  };
  const biased = (x: JaxArray, name: string): JaxArray => (name in weights ? x.add(use(name)) : x);
  const linear = (x: JaxArray, part: string): JaxArray => biased(np.matmul(x, use(`${part}.weight`)), `${part}.bias`);
  const norm = (x: JaxArray, part: string): JaxArray =>
    biased(nn.standardize(x, -1, { epsilon: 1e-5 }).mul(use(`${part}.weight`)), `${part}.bias`);
  // Written out: dotProductAttention goes through einsum, which needs the iterator helpers of Node 22.
  const visible = np.tri(T, T, 0, { dtype: np.bool });
  const attention = (x: JaxArray, part: string): JaxArray => {
    const B = x.shape[0] ?? 1;
    const [query, key, value] = np
      .split(linear(x, `${part}.c_attn`), 3, -1)
      .map((each) => each.reshape([B, T, heads, C / heads]).transpose([0, 2, 1, 3])); // (B, H, T, D)
    if (query === undefined || key === undefined || value === undefined) throw new TypeError('a third is missing');
    const scores = np.matmul(query, key.transpose([0, 1, 3, 2])).mul((C / heads) ** -0.5);
    const mixed = np.matmul(nn.softmax(np.where(visible.ref, scores, -Infinity), -1), value);
    return linear(mixed.transpose([0, 2, 1, 3]).reshape([B, T, C]), `${part}.c_proj`);
  };

  const table = use('transformer.wte.weight');
  let x = np.take(table, tokens, 0).add(use('transformer.wpe.weight')); // (B, T, C)
  for (let layer = 0; layer < layers; layer++) {
    const part = `transformer.h.${layer}`;
    x = x.ref.add(attention(norm(x, `${part}.ln_1`), `${part}.attn`));
    const inner = nn.gelu(linear(norm(x.ref, `${part}.ln_2`), `${part}.mlp.c_fc`), { approximate: false });
    x = x.add(linear(inner, `${part}.mlp.c_proj`));
  }
  const output = use('lm_head.weight' in weights ? 'lm_head.weight' : 'transformer.wte.weight');
  const logits = np.matmul(norm(x, 'transformer.ln_f'), np.transpose(output)); // (B, T, V)
  const likelihoods = nn.logSoftmax(logits, -1).mul(nn.oneHot(targets, V));
  for (const used of [visible, ...Object.values(weights)]) used.dispose();
  return likelihoods.sum(-1).mean().mul(-1);
}

/** A whole step, forward, backward, clipping and AdamW, as one function that jax-js compiles. */
function stepOf({ config, optimizer, learningRate }: WorkloadFiles) {
  const { beta1, beta2, epsilon, weightDecay, clip } = optimizer;
  const lossAndGradients = valueAndGrad((weights: Arrays, tokens: JaxArray, targets: JaxArray) =>
    lossOf(weights, tokens, targets, config),
  );
  return jit(({ weights, first, second }: State, tokens: JaxArray, targets: JaxArray, corrections: JaxArray) => {
    const kept = Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, weight.ref]));
    const [loss, gradients] = lossAndGradients(kept, tokens, targets);
    const squares = Object.values(gradients).map((gradient) => np.square(gradient.ref).sum());
    const norm = np.sqrt(squares.reduce((sum, square) => sum.add(square)));
    const scale = np.minimum(np.array(clip).div(norm.add(1e-6)), 1);
    const [correction1, correction2] = np.split(corrections, 2, 0).map((part) => part.reshape([]));
    if (correction1 === undefined || correction2 === undefined) throw new TypeError('a correction is missing');
    const next: State = { weights: {}, first: {}, second: {} };
    for (const [name, weight] of Object.entries(weights)) {
      const [gradient, m, v] = [gradients[name], first[name], second[name]];
      if (gradient === undefined || m === undefined || v === undefined) throw new TypeError(`${name} has no gradient`);
      const clipped = gradient.mul(scale.ref);
      const newM = m.mul(beta1).add(clipped.ref.mul(1 - beta1));
      const newV = v.mul(beta2).add(np.square(clipped).mul(1 - beta2));
      const spread = np.sqrt(newV.ref.div(correction2.ref)).add(epsilon);
      const update = newM.ref.div(correction1.ref).div(spread).mul(learningRate);
      const shrunk = weight.ndim >= 2 ? weight.mul(1 - learningRate * weightDecay) : weight;
      next.weights[name] = shrunk.sub(update);
      next.first[name] = newM;
      next.second[name] = newV;
    }
    for (const used of [scale, correction1, correction2]) used.dispose();
    return [next, loss] as [State, JaxArray];
  });
}

/** Makes a step at each call, and tells its loss. */
export async function jaxTraining(workload: WorkloadFiles): Promise<() => Promise<number>> {
  await init('wasm');
  const { beta1, beta2 } = workload.optimizer;
  const shape = [workload.batch, workload.config.block];
  const tree = (make: (data: Float32Array) => Float32Array): Arrays =>
    Object.fromEntries(
      workload.weights.map(({ name, shape, data }) => [name, np.array(make(data)).reshape([...shape])]),
    );
  const zeros = (data: Float32Array): Float32Array => new Float32Array(data.length);
  let state: State = { weights: tree((data) => data), first: tree(zeros), second: tree(zeros) };
  const makeStep = stepOf(workload);
  let made = 0;
  return async () => {
    const tokens = np.array(workload.tokens(made)).reshape(shape);
    const targets = np.array(workload.targets(made)).reshape(shape);
    made++;
    const corrections = np.array(Float32Array.of(1 - beta1 ** made, 1 - beta2 ** made));
    const [next, loss] = makeStep(state, tokens, targets, corrections);
    state = next;
    const [value = Number.NaN] = await loss.data();
    return value;
  };
}
