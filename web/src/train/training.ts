import type { OpenOptions, Session } from '../../../src/index.ts';
import { generateText, type TrainingEvent, type Weights } from '../../../src/index.ts';
import type { BrowserRun } from '../../../src/parts.ts';
import {
  type Checkpoint,
  decodeProgram,
  exportProgram,
  followRun,
  forwardProgram,
  LanguageModelTrainer,
  lineStart,
  type RunView,
  type TrainerRecord,
} from '../../../src/parts.ts';
import { breathe, openHere } from '../engine/open.ts';
import type { DeviceChoice } from '../models/model-info.ts';
import type { RunEvent } from './protocol.ts';
import { describeRun, type RunNames } from './saved-runs.ts';
import { type ReadText, splitFor } from './texts.ts';

/** A run, from where it stands. */
export interface Training {
  readonly run: BrowserRun;
  readonly names: RunNames;
  readonly checkpoint: Checkpoint;
  readonly text: ReadText;
  readonly device: DeviceChoice;
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
}

/** Characters of a sample. */
const sampleLength = 160;

/** Trains to the last step, or until the signal; what it tells is kept as well. The last checkpoint is kept when it ends. */
export async function train({ run, names, checkpoint, text, device, signal, onEvent }: Training): Promise<void> {
  const { record } = checkpoint;
  let told = false;
  const open = async (model: Uint8Array, options?: OpenOptions): Promise<Session> => {
    const session = await openHere(model, { ...options, device });
    if (!told) onEvent({ kind: 'opened', device: session.device, notices: session.notices });
    told = true;
    return session;
  };
  const page: RunView = {
    // What is shown at once comes again with its validation loss, if it gets one.
    steps: (metrics) => onEvent({ kind: 'metrics', metrics }),
    evaluation: (metrics) => onEvent({ kind: 'metrics', metrics }),
    skipped: ({ step }) => onEvent({ kind: 'skipped', step }),
    sample: (sample) => onEvent({ kind: 'sample', sample }),
    saved: async (event) => onEvent({ kind: 'saved', run: await describeRun(run, event.checkpoint.record, names) }),
  };
  const trainer = new LanguageModelTrainer(checkpoint, splitFor(text, record.model.block), { open });
  const write = (weights: Weights): Promise<string> => sampleOf(record, weights, device);
  await followRun(withBreath(trainer.events(signal)), { record, run, write, views: [page] });
}

/** The same events, with a moment after each in which the page is heard. */
async function* withBreath(events: AsyncIterable<TrainingEvent>): AsyncGenerator<TrainingEvent> {
  for await (const event of events) {
    yield event;
    await breathe();
  }
}

/** A passage from the weights as they are. */
async function sampleOf(record: TrainerRecord, weights: Weights, device: DeviceChoice): Promise<string> {
  const { model } = record;
  const program = decodeProgram(model);
  const chosen = program.state.length === 0 ? forwardProgram(model) : program;
  const session = await openHere(exportProgram(chosen, { weights }), { device });
  try {
    let text = '';
    const passage = generateText({
      ...(chosen === program ? { decode: session } : { forward: session }),
      tokenizer: record.tokenizer,
      prompt: lineStart(record.tokenizer),
      count: sampleLength,
      blockSize: model.block,
      sampling: { seed: record.setup.seed },
    });
    for await (const piece of passage) text += piece;
    return text;
  } finally {
    await session.dispose();
  }
}
