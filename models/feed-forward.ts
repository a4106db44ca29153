import { relu, scope, type Value } from '../src/graph/index.ts';
import { defineModel, linear, width } from '../src/model/index.ts';
import { checkHeads, embed, initialization, languageHead, training } from './lecture.ts';
import { multiHead, multiHeadAttention } from './multi-head.ts';

/** A little thinking for each position on its own, after it has listened. @param x (B, T, C) @returns (B, T, C) */
function feedForwardLayer(x: Value): Value {
  return relu(linear('net.0', x, width(x))); // (B, T, C)
}

/** Attention to gather, then a feed-forward layer to digest. */
export const feedForward = defineModel({
  name: 'feed-forward',
  description: 'thinking about what was seen',
  settings: multiHead.settings,
  check: checkHeads,
  initialization,
  training,
  logits(tokens, sizes) {
    const x = embed(tokens, sizes); // (B, T, C)
    const attended = scope('sa_heads', () => multiHeadAttention(x, sizes)); // (B, T, C)
    const thought = scope('ffwd', () => feedForwardLayer(attended)); // (B, T, C)
    return languageHead(thought, sizes); // (B, T, V)
  },
});
