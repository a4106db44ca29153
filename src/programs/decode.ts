import { type Model, placedFrom, plainContext } from '../../models/model.ts';
import { build, concat, dimensionOf } from '../graph/index.ts';
import { attentionContext } from './attention-forms.ts';
import { fixedCacheDecode } from './fixed-cache.ts';
import { Caches, rehearse } from './memory.ts';
import { type FormOptions, tokensInput } from './options.ts';
import { type Program, statePairs } from './program.ts';

/** `grown`: the cache is as long as what was read, and a run makes it longer. `fixed`: it always has room for the whole block. */
export type CacheForm = 'grown' | 'fixed';

export interface DecodeOptions extends FormOptions {
  /** `grown` unless told. */
  readonly cache?: CacheForm;
}

/**
 * tokens int32 (batch, time) and the cache → logits (batch, time, vocabulary) and the cache with these tokens in it: a prompt in one
 * run, then a token a run. Past and time together must not exceed the block size. A model that remembers nothing has no cache.
 *
 * The grown cache begins with a past of length 0; all sequences of a batch are equally long. The fixed one (see `fixedCacheDecode`)
 * keeps its size, and each sequence of a batch has a length of its own.
 */
export function decodeProgram(model: Model, options: DecodeOptions = {}): Program {
  return options.cache === 'fixed' ? fixedCacheDecode(model, options) : grownCacheDecode(model, options);
}

function grownCacheDecode(model: Model, { sizes = {}, attention = 'trilu' }: FormOptions): Program {
  const tokens = tokensInput('tokens', sizes);
  const memories = rehearse(model, { sizes, ownAttention: attention !== 'trilu' });
  const caches = new Caches(memories, 'past');
  const [first, memory] = [caches.inputs[0], memories[0]];
  const logits = model.logits(tokens, {
    ...plainContext,
    ...placedFrom(first === undefined || memory === undefined ? 0 : dimensionOf(first.value, memory.axis)),
    remember: (name, x, axis) => caches.keep(name, concat([caches.past(name), x], { axis })),
    ...attentionContext(attention, tokens, caches),
  });
  const graph = build({
    name: `${model.config.model} decode`,
    inputs: [{ name: 'tokens', value: tokens }, ...caches.inputs],
    outputs: [{ name: 'logits', value: logits }, ...caches.outputs()],
  });
  return { name: 'decode', config: model.config, graph, state: statePairs(caches.inputs) };
}
