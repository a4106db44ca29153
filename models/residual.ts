import { add, relu, scope, type Value } from '../src/graph/index.ts';
import { defineModel, dropout, linear, width } from '../src/model/index.ts';
import { checkHeads, embed, initialization, languageHead, settings, stacked, training } from './lecture.ts';
import { type HeadsSettings, multiHead, multiHeadAttention } from './multi-head.ts';

/** Heads and the projection back into the residual stream. @param x (B, T, C) @returns (B, T, C) */
export function projectedAttention(x: Value, sizes: HeadsSettings): Value {
  return scope('sa', () => {
    const attended = multiHeadAttention(x, sizes); // (B, T, C)
    return dropout(linear('proj', attended, width(x)), sizes.dropout); // (B, T, C)
  });
}

/** Four times wider inside, as in "Attention Is All You Need". @param x (B, T, C) @returns (B, T, C) */
export function wideFeedForward(x: Value, sizes: HeadsSettings): Value {
  return scope('ffwd', () => {
    const inner = relu(linear('net.0', x, 4 * width(x))); // (B, T, 4C)
    return dropout(linear('net.2', inner, width(x)), sizes.dropout); // (B, T, C)
  });
}

/** Blocks of communication and computation; each adds to what came in, so that gradients reach the first layer unhindered. */
export const residual = defineModel({
  name: 'residual',
  description: 'layers that add to a stream',
  settings: { ...multiHead.settings, layers: settings.layers },
  check: checkHeads,
  initialization,
  training,
  logits(tokens, sizes) {
    const x = stacked('blocks', sizes.layers, embed(tokens, sizes), (x) => {
      const heard = add(x, projectedAttention(x, sizes)); // (B, T, C)
      return add(heard, wideFeedForward(heard, sizes)); // (B, T, C)
    });
    return languageHead(x, sizes); // (B, T, V)
  },
});
