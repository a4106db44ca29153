import { concat, dimensionOf } from '../graph/index.ts';
import { type ConfiguredModel, placedFrom, plainProgram } from '../model/index.ts';
import { attentionForm } from './attention-forms.ts';
import { Caches, traceCaches } from './caches.ts';
import { fixedCacheDecode } from './fixed-cache.ts';
import { type Program, statePairs } from './program.ts';
import { programGraph } from './program-graph.ts';
import { type FormOptions, tokensInput } from './program-options.ts';

/** `grown`: the cache is as long as what was read, and a run makes it longer. `fixed`: it always has room for the whole block. */
export type CacheForm = 'grown' | 'fixed';

export interface DecodeOptions extends FormOptions {
  /** `grown` unless told. */
  readonly cache?: CacheForm;
}

/**
 * tokens int32 (batch, time) and the cache → logits (batch, time, vocabulary) and the cache with these tokens in it: a prompt in one
 * run, then a token a run. Past and time together must not exceed the block size. A model that looks at nothing but the token at hand has no cache.
 *
 * The grown cache begins with a past of length 0; all sequences of a batch are equally long. The fixed one (see `fixedCacheDecode`)
 * keeps its size, and each sequence of a batch has a length of its own.
 */
export function decodeProgram(model: ConfiguredModel, options: DecodeOptions = {}): Program {
  return options.cache === 'fixed' ? fixedCacheDecode(model, options) : grownCacheDecode(model, options);
}

function grownCacheDecode(model: ConfiguredModel, { sizes = {}, attention = 'trilu' }: FormOptions): Program {
  const tokens = tokensInput('tokens', sizes);
  const tensors = traceCaches(model, { sizes, ownAttention: attention !== 'trilu' });
  const caches = new Caches(tensors, 'past');
  const [first, tensor] = [caches.inputs[0], tensors[0]];
  const logits = model.logits(tokens, {
    ...plainProgram,
    ...placedFrom(first === undefined || tensor === undefined ? 0 : dimensionOf(first.value, tensor.axis)),
    cached: (slot, x, axis) => caches.keep(slot, concat([caches.past(slot), x], { axis })),
    ...attentionForm(attention, tokens, caches),
  });
  const graph = programGraph({
    name: `${model.name} decode`,
    inputs: [{ name: 'tokens', value: tokens }, ...caches.inputs],
    outputs: [{ name: 'logits', value: logits }, ...caches.outputs()],
  });
  return { name: 'decode', model, graph, state: statePairs(caches.inputs) };
}
