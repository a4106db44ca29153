import { createHash } from 'node:crypto';
import { gptNano } from '../../../models/index.ts';
import { open } from '../../../src/runtime/node/open.ts';
import { BatchSampler } from '../../../src/text/batches.ts';
import { splitTokens, type TokenSplit } from '../../../src/text/split.ts';
import { CharacterTokenizer } from '../../../src/text/tokenizers/characters.ts';
import type { Checkpoint } from '../../../src/train/trainer/checkpoint.ts';
import type { TrainingEvent } from '../../../src/train/trainer/events.ts';
import { LanguageModelTrainer } from '../../../src/train/trainer/language-model.ts';
import { presetFor } from '../../../src/train/trainer/presets.ts';
import type { TrainingSetup } from '../../../src/train/trainer/setup.ts';
import { initialState } from '../../../src/train/trainer/training-state.ts';

/** Words enough for blocks of 8 in both parts. */
const text = 'a good trainer goes on where it stopped 🐋. '.repeat(12);

/** A run of a model with one layer, 8 wide, before its first step. */
export function smallRun(settings: Partial<TrainingSetup> = {}): { checkpoint: Checkpoint; tokens: TokenSplit } {
  const tokenizer = CharacterTokenizer.fromText(text);
  const model = gptNano.configure({
    vocabulary: tokenizer.size,
    block: 8,
    layers: 1,
    heads: 2,
    embedding: 8,
    dropout: 0.1,
  });
  const preset = presetFor(gptNano);
  const never = { evaluateEvery: 0, sampleEvery: 0, checkpointEvery: 0 };
  const setup = { ...preset, ...never, batch: 2, steps: 20, evaluateBatches: 2, ...settings };
  const tokens = splitTokens(tokenizer.encode(text));
  const sampler = new BatchSampler(tokens.training, { batch: setup.batch, block: 8, seed: setup.seed });
  const record = {
    step: 0,
    seconds: 0,
    model,
    setup,
    tokenizer,
    data: { path: undefined, characters: [...text].length, sha256: createHash('sha256').update(text).digest('hex') },
    dataPosition: sampler.getState(),
  };
  return { checkpoint: { record, state: initialState(model, setup) }, tokens };
}

/** A trainer in this very thread, on one thread of the CPU. */
export function trainerOf(checkpoint: Checkpoint, tokens: TokenSplit): LanguageModelTrainer {
  return new LanguageModelTrainer(checkpoint, tokens, {
    open: (model) => open(model, { device: 'cpu', worker: false, threads: 1 }),
  });
}

/** All events of a trainer. */
export async function eventsOf(trainer: LanguageModelTrainer, signal?: AbortSignal): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of trainer.events(signal)) events.push(event);
  return events;
}

/** The last checkpoint among events. */
export function lastCheckpoint(events: readonly TrainingEvent[]): Checkpoint {
  const last = events.at(-1);
  if (last?.kind !== 'checkpoint') throw new Error(`the last event is ${last?.kind}`);
  return last.checkpoint;
}
