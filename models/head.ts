import { scope, type Value } from '../src/graph/index.ts';
import { causalAttention, defineModel, linear } from '../src/model/index.ts';
import { embed, initialization, languageHead, scoreScale, settings, training } from './lecture.ts';

/** What a head takes of a model's settings. */
export interface HeadSettings {
  readonly embedding: number;
  readonly dropout: number;
  readonly attentionScale: 'head' | 'embedding';
}

/** One causal self-attention head. @param x (B, T, C) @returns (B, T, size) */
export function attentionHead(x: Value, size: number, sizes: HeadSettings): Value {
  const key = linear('key', x, size, { bias: false }); // (B, T, size)
  const query = linear('query', x, size, { bias: false }); // (B, T, size)
  const value = linear('value', x, size, { bias: false }); // (B, T, size)
  return causalAttention(query, key, value, { scale: scoreScale(size, sizes), dropout: sizes.dropout });
}

const { block, embedding, dropout, attentionScale } = settings;

/** Self-attention: each position asks (query) and its past answers (key, value). One head as wide as the embedding. */
export const head = defineModel({
  name: 'head',
  description: 'a head that chooses whom to look at',
  settings: { block, embedding, dropout, initialization: settings.initialization, attentionScale },
  initialization,
  training,
  logits(tokens, sizes) {
    const x = embed(tokens, sizes); // (B, T, C)
    const mixed = scope('sa_head', () => attentionHead(x, sizes.embedding, sizes)); // (B, T, C)
    return languageHead(mixed, sizes); // (B, T, V)
  },
});
