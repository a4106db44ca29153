import type { Model } from '../../models/model.ts';
import {
  build,
  cast,
  concat,
  dimensionOf,
  input,
  loop,
  slice,
  squeeze,
  turnNumber,
  unsqueeze,
} from '../graph/index.ts';
import type { Program } from './program.ts';
import { sampleFrom } from './sample.ts';

/**
 * The lecture's whole loop in one graph: tokens int32 (batch, time) and the scalars count int32, temperature float32, top_k int32,
 * top_p float32, seed int32 → generated int32 (batch, count). Each turn sees the last block of characters, so any length is exact.
 * temperature 0 takes the likeliest character, top_k 0 and top_p 1 leave all of them in.
 */
export function generateProgram(model: Model): Program {
  const tokens = input('tokens', 'int32', ['batch', 'time']);
  const count = input('count', 'int32', []);
  const temperature = input('temperature', 'float32', []);
  const topK = input('top_k', 'int32', []);
  const topP = input('top_p', 'float32', []);
  const seed = input('seed', 'int32', []);

  const context = input('context', 'int32', ['batch', 'length']);
  const turn = turnNumber();
  const window = slice(context, { axis: 1, start: -model.config.blockSize, length: 'window' }); // (B, window)
  const last = slice(model.logits(window), { axis: 1, start: -1, length: 1 }); // (B, 1, V)
  const next = sampleFrom(squeeze(last, [1]), { temperature, topK, topP, seed, step: cast(turn, 'int32') }); // (B)
  const { states } = loop({
    count: cast(count, 'int64'),
    turns: 'count',
    turn,
    states: [{ formal: context, initial: tokens, next: concat([context, unsqueeze(next, [1])], { axis: 1 }) }],
    outputs: [],
  });
  const [written] = states; // (B, time + count)
  if (written === undefined) throw new TypeError('the loop yields what it has written');
  const generated = slice(written, { axis: 1, start: dimensionOf(tokens, 1), length: 'count' }); // (B, count)
  const graph = build({
    name: `${model.config.model} generate`,
    inputs: { tokens, count, temperature, top_k: topK, top_p: topP, seed },
    outputs: { generated },
  });
  return { name: 'generate', config: model.config, graph, state: [] };
}
