import {
  BatchSampler,
  CharacterTokenizer,
  decodeProgram,
  exportProgram,
  generate,
  initialState,
  learningRateAt,
  type OpenOptions,
  presetFor,
  tensor,
  trainProgram,
  weightsOf,
} from 'trilu';
import { defineModel, modelConfig } from 'trilu/models';
import { open } from 'trilu/web';

/** What happened since the last event. */
export type LearningEvent =
  | { readonly kind: 'opened'; readonly device: string; readonly notices: readonly string[] }
  | { readonly kind: 'trained'; readonly step: number; readonly loss: number }
  | { readonly kind: 'written'; readonly text: string };

/** What is to be done. */
export interface Task {
  readonly text: string;
  readonly steps: number;
  /** How much is written after training. */
  readonly characters: number;
}

/** Trains a small GPT on a text, then writes like it. All of the work is done in trilu's worker, so the page stays free. */
export async function* learn(
  { text, steps, characters }: Task,
  options: OpenOptions,
): AsyncGenerator<LearningEvent, void, undefined> {
  const tokenizer = CharacterTokenizer.fromText(text);
  const sizes = { layers: 2, heads: 4, embedding: 64, blockSize: 32 };
  const model = defineModel(modelConfig('gpt-nano', { ...sizes, vocabularySize: tokenizer.size }));
  const sampler = new BatchSampler(tokenizer.encode(text), { batch: 8, block: sizes.blockSize, seed: 1 });

  // Training is a graph too: open it on a device, give it its first state, and step.
  const { optimizer } = presetFor('gpt-nano');
  const schedule = { learningRate: 3e-3, minimumLearningRate: 3e-4, warmUp: 20, decaySteps: steps };
  const trainer = await open(exportProgram(trainProgram(model, { optimizer }), { weights: new Map() }), options);
  yield { kind: 'opened', device: trainer.device, notices: trainer.notices };
  await trainer.setState(initialState(model, 1));
  for (let step = 0; step < steps; ) {
    const count = Math.min(5, steps - step); // as many steps in one run
    const { shape, tokens, targets } = sampler.nextSteps(count); // shape (count, batch, block)
    const rates = Array.from({ length: count }, (_, index) => learningRateAt(step + index, schedule));
    const { loss } = await trainer.step({
      tokens: tensor('int32', shape, tokens),
      targets: tensor('int32', shape, targets),
      learning_rate: tensor('float32', [count], rates),
      seed: tensor('int32', [], [1]),
    });
    step += count;
    yield { kind: 'trained', step, loss: Number(loss?.data.at(-1)) };
  }

  // The trained weights, in a graph that continues a text.
  const weights = weightsOf(model, await trainer.getState());
  const writer = await open(exportProgram(decodeProgram(model), { weights }), options);
  await trainer.dispose();
  const prompt = 'The';
  yield { kind: 'written', text: prompt };
  const written = generate({
    decode: writer,
    tokens: [...tokenizer.encode(prompt, 'The prompt')],
    count: characters,
    blockSize: sizes.blockSize,
    sampling: { temperature: 0.5, seed: 1 },
  });
  for await (const token of written) yield { kind: 'written', text: tokenizer.decode([token]) };
  await writer.dispose();
}
