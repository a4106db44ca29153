import { gather } from '../src/graph/index.ts';
import { defineModel, embedding } from '../src/model/index.ts';
import { initialization, settings, training } from './lecture.ts';

/** The smallest language model: each character looks up, in one table, the scores of what follows it. It sees nothing else. */
export const bigram = defineModel({
  name: 'bigram',
  description: 'a table: which character follows which',
  settings: { block: settings.block, initialization: settings.initialization },
  initialization,
  training: { ...training, steps: 3000, learningRate: 1e-2 },
  logits(tokens, { vocabulary }) {
    const table = embedding('token_embedding_table', vocabulary, vocabulary); // (V, V)
    return gather(table, tokens); // (B, T, V)
  },
});
