import { defineModel } from '../../../models/index.ts';
import {
  CharacterTokenizer,
  type Checkpoint,
  decodeProgram,
  encodeSafetensors,
  exportProgram,
  forwardProgram,
  generateText,
  type Metrics,
  Trainer,
  type TrainerRecord,
  type TrainingEvent,
  type Weights,
} from '../../../src/index.ts';
import type { OpenOptions, Session } from '../../../src/web.ts';
import { breathe, openHere } from '../engine/open.ts';
import type { DeviceChoice } from '../models/model-info.ts';
import type { RunEvent } from './protocol.ts';
import { appendLine, writeRunFile } from './run-store.ts';
import { saveCheckpoint, storedFiles } from './saved-runs.ts';
import { type ReadText, splitFor } from './texts.ts';

/** A run, from where it stands. */
export interface Training {
  readonly id: string;
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly text: ReadText;
  readonly device: DeviceChoice;
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
}

/** Characters of a sample. */
const sampleLength = 160;

/** Trains to the last step, or until the signal; what it tells is kept as well. The last checkpoint is kept when it ends. */
export async function train({ id, name, checkpoint, text, device, signal, onEvent }: Training): Promise<void> {
  const { record } = checkpoint;
  let told = false;
  const open = async (model: Uint8Array, options?: OpenOptions): Promise<Session> => {
    const session = await openHere(model, { ...options, device });
    if (!told) onEvent({ kind: 'opened', device: session.device, notices: session.notices });
    told = true;
    return session;
  };
  const trainer = new Trainer(checkpoint, splitFor(text, record.config.blockSize), { open });
  const log = new Log(id, onEvent);
  try {
    for await (const event of trainer.events(signal)) {
      if (event.kind === 'steps') log.steps(event);
      else if (event.kind === 'evaluation') {
        log.evaluation(event.validationLoss);
        if (event.best) await writeRunFile(id, storedFiles.best, [encodeBest(record, event.weights, event.step)]);
      } else if (event.kind === 'skipped') onEvent({ kind: 'skipped', step: event.step });
      else if (event.kind === 'sample') {
        await log.flush();
        const sample = { step: event.step, text: await sampleOf(record, event.weights, device) };
        await appendLine(id, storedFiles.samples, JSON.stringify(sample));
        onEvent({ kind: 'sample', sample });
      } else {
        await log.flush();
        const run = await saveCheckpoint(id, { ...event.checkpoint, name, textName: text.name });
        onEvent({ kind: 'saved', run });
      }
      await breathe();
    }
  } finally {
    await log.flush();
  }
}

type Steps = Extract<TrainingEvent, { kind: 'steps' }>;

/** Lines of metrics.jsonl. A line waits for the evaluation that may belong to it. */
class Log {
  readonly #id: string;
  readonly #onEvent: (event: RunEvent) => void;
  #waiting: Metrics | undefined;
  #lines: Promise<void> = Promise.resolve();

  constructor(id: string, onEvent: (event: RunEvent) => void) {
    this.#id = id;
    this.#onEvent = onEvent;
  }

  steps(event: Steps): void {
    this.#tell();
    this.#waiting = {
      step: event.step,
      loss: event.loss,
      gradient_norm: event.gradientNorm,
      learning_rate: event.learningRate,
      tokens_per_second: event.tokensPerSecond,
      seconds: event.seconds,
    };
    // What is shown at once comes again with its validation loss, if it gets one.
    this.#onEvent({ kind: 'metrics', metrics: this.#waiting });
  }

  evaluation(validationLoss: number): void {
    if (this.#waiting === undefined) return;
    this.#waiting = { ...this.#waiting, validation_loss: validationLoss };
    this.#onEvent({ kind: 'metrics', metrics: this.#waiting });
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    this.#tell();
    await this.#lines;
  }

  #tell(): void {
    const line = this.#waiting;
    if (line === undefined) return;
    this.#waiting = undefined;
    this.#lines = this.#lines.then(() => appendLine(this.#id, storedFiles.metrics, JSON.stringify(line)));
    // Its failure is told by the next flush.
    this.#lines.catch(() => undefined);
  }
}

/** The best model so far, as its own file. */
function encodeBest(record: TrainerRecord, weights: Weights, step: number): Uint8Array {
  const tensors = [...weights].map(([name, data]) => ({ name, type: 'F32', shape: [data.length], data }) as const);
  return encodeSafetensors(tensors, { step: `${step}`, model: record.config.model });
}

/** A passage from the weights as they are. */
async function sampleOf(record: TrainerRecord, weights: Weights, device: DeviceChoice): Promise<string> {
  const model = defineModel(record.config);
  const program = decodeProgram(model);
  const chosen = program.state.length === 0 ? forwardProgram(model) : program;
  const session = await openHere(exportProgram(chosen, { weights }), { device });
  try {
    let text = '';
    const passage = generateText({
      ...(chosen === program ? { decode: session } : { forward: session }),
      tokenizer: CharacterTokenizer.fromVocabulary(record.vocabulary),
      prompt: firstOf(record.vocabulary),
      count: sampleLength,
      blockSize: record.config.blockSize,
      sampling: { seed: record.setup.seed },
    });
    for await (const piece of passage) text += piece;
    return text;
  } finally {
    await session.dispose();
  }
}

/** What a passage begins after: the end of a line, where the text has lines. */
function firstOf(vocabulary: readonly string[]): string {
  return vocabulary.includes('\n') ? '\n' : (vocabulary[0] ?? '');
}
