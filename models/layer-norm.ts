import { add } from '../src/graph/index.ts';
import { defineModel, layerNorm } from '../src/model/index.ts';
import { checkHeads, embed, initialization, languageHead, stacked, training } from './lecture.ts';
import { projectedAttention, residual, wideFeedForward } from './residual.ts';

/** The residual stage with each layer's input normalised first (pre-norm), and once more before the output. */
export const layerNormalized = defineModel({
  name: 'layer-norm',
  description: 'the stream kept in bounds',
  settings: residual.settings,
  check: checkHeads,
  initialization,
  training,
  logits(tokens, sizes) {
    const x = stacked('blocks', sizes.layers, embed(tokens, sizes), (x) => {
      const heard = add(x, projectedAttention(layerNorm('ln1', x), sizes)); // (B, T, C)
      return add(heard, wideFeedForward(layerNorm('ln2', heard), sizes)); // (B, T, C)
    });
    return languageHead(layerNorm('ln_f', x), sizes); // (B, T, V)
  },
});
