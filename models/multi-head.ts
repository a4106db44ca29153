import { concat, scope, type Value } from '../src/graph/index.ts';
import { defineModel, sideBySide } from '../src/model/index.ts';
import { attentionHead, type HeadSettings } from './head.ts';
import { checkHeads, embed, initialization, languageHead, settings, training } from './lecture.ts';

/** What several heads take of a model's settings. */
export interface HeadsSettings extends HeadSettings {
  readonly heads: number;
}

/** Several narrow heads side by side, each with its own question. @param x (B, T, C) @returns (B, T, C) */
export function multiHeadAttention(x: Value, sizes: HeadsSettings): Value {
  const { heads, embedding: C } = sizes;
  const mixed = sideBySide(heads, (head) => scope(`heads.${head}`, () => attentionHead(x, C / heads, sizes))); // each (B, T, C / H)
  return concat(mixed, { axis: -1 }); // (B, T, C)
}

const { block, heads, embedding, dropout, attentionScale } = settings;

/** Self-attention with several heads, their answers laid side by side. */
export const multiHead = defineModel({
  name: 'multi-head',
  description: 'four heads side by side',
  settings: { block, heads, embedding, dropout, initialization: settings.initialization, attentionScale },
  check: checkHeads,
  initialization,
  training,
  logits(tokens, sizes) {
    const x = embed(tokens, sizes); // (B, T, C)
    const attended = scope('sa_heads', () => multiHeadAttention(x, sizes)); // (B, T, C)
    return languageHead(attended, sizes); // (B, T, V)
  },
});
