import { UserError } from '../errors.ts';
import {
  add,
  and,
  attention,
  cast,
  countOf,
  equal,
  filled,
  gather,
  greater,
  greaterOrEqual,
  input,
  matMul,
  max,
  mul,
  range,
  reduceSum,
  reshape,
  trilu,
  unsqueeze,
  type Value,
  where,
} from '../graph/index.ts';
import { type ConfiguredModel, type ModelProgram, plainProgram } from '../model/index.ts';
import { Caches, traceCaches } from './caches.ts';
import { nextName, type Program, statePairs } from './program.ts';
import { programGraph } from './program-graph.ts';
import { type FormOptions, tokensInput } from './program-options.ts';

/**
 * Decoding with a cache that has room for the whole block from the beginning, so that no shape changes from run to run: tokens int32
 * (batch, time), `cache.length` int32 (batch) and the caches (batch, head, block, width) → logits (batch, time, vocabulary), the next
 * lengths and caches. All of the state begins as zeros.
 *
 * Each sequence of a batch has its own length. A token below 0 is none: shorter prompts are filled up with −1 on the right, and so is
 * a sequence that has ended while others go on. Its logits mean nothing. A token whose place lies outside of the block is an error
 * on the CPU; callers must not let it come to that.
 * @throws UserError for the group-query form of attention, which has a way of its own to keep its cache
 */
export function fixedCacheDecode(
  model: ConfiguredModel,
  { sizes = {}, attention: form = 'trilu' }: FormOptions = {},
): Program {
  if (form === 'group-query') {
    throw new UserError(
      'The fixed cache goes with the attention forms trilu and fused: choose one of them, or the grown cache.',
      {
        exitCode: 2,
      },
    );
  }
  const { block } = model;
  const tokens = tokensInput('tokens', sizes); // (B, T)
  const length = input('cache.length', 'int32', tokens.shape.slice(0, 1)); // (B)
  const caches = new Caches(traceCaches(model, { sizes, ownAttention: form === 'fused' }), block);

  const real = greaterOrEqual(tokens, 0); // (B, T)
  const places = mul(add(unsqueeze(length, [1]), countOf(tokens, 1, 2)), cast(real, 'int32')); // (B, T), 0 where there is no token
  const slots = reshape(range(block), [1, block, 1]); // (1, block, 1)
  const writes = cast(and(equal(slots, unsqueeze(places, [1])), unsqueeze(real, [1])), 'float32'); // (B, block, T): who writes where
  const written = greater(reduceSum(writes, { axes: [2], keepDims: true }), 0); // (B, block, 1)

  /** Puts each token's part into its slot of the cache: a product with ones and zeros, which every device computes exactly. */
  const put = (cache: Value, x: Value, axis: number): Value => {
    const forHeads = (flags: Value): Value => (axis === 2 ? unsqueeze(flags, [1]) : flags);
    return where(forHeads(written), matMul(forHeads(writes), x), cache);
  };
  const cached: ModelProgram['cached'] = (slot, x, axis) => caches.keep(slot, put(caches.past(slot), x, axis));
  let mask: Value | undefined; // (B, 1, T, block), the same for every layer
  const fused: ModelProgram['attention'] = ({ keySlot, valueSlot, query, key, value, scale }) => {
    mask ??= cast(unsqueeze(gather(trilu(filled(1, [block, block])), places), [1]), 'bool');
    return attention(query, cached(keySlot, key, 2), cached(valueSlot, value, 2), { scale, mask }).mixed;
  };
  const program: ModelProgram = {
    ...plainProgram,
    positions: (table) => gather(table, places), // (B, T, …)
    visible: (triangle) => gather(triangle, places), // (B, T, block)
    cached,
    ...(form === 'fused' ? { attention: fused } : {}),
  };
  const logits = model.logits(max(tokens, 0), program);
  const next = add(length, reduceSum(cast(real, 'int32'), { axes: [1], keepDims: false }));
  const state = caches.inputs.length === 0 ? [] : [{ name: 'cache.length', value: length }, ...caches.inputs];
  const outputs = state.length === 0 ? [] : [{ name: nextName('cache.length'), value: next }, ...caches.outputs()];
  const graph = programGraph({
    name: `${model.name} decode`,
    inputs: [{ name: 'tokens', value: tokens }, ...state],
    outputs: [{ name: 'logits', value: logits }, ...outputs],
  });
  return { name: 'decode', model, graph, state: statePairs(state) };
}
