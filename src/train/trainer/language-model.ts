import { exportProgram } from '../../export/export-program.ts';
import { trainProgram } from '../../programs/train-program.ts';
import type { OpenOptions, Session } from '../../runtime/session.ts';
import { tensor } from '../../runtime/tensor.ts';
import { BatchSampler, evaluationBatches } from '../../text/batches.ts';
import type { TokenSplit } from '../../text/split.ts';
import type { Checkpoint } from './checkpoint.ts';
import { batchTensors, evaluationModel, evaluationSize, targetCount, tensorsOf } from './evaluation.ts';
import type { TrainingEvent } from './events.ts';
import type { Feed } from './feed.ts';
import type { TrainerRecord } from './record.ts';
import { learningRateAt } from './schedule.ts';
import { type RunEvent, Trainer, type TrainingRun } from './trainer.ts';
import { weightsOf } from './training-state.ts';

/** What a trainer needs of the world around it. */
export interface TrainerEnvironment {
  /** Opens bytes of an .onnx file as a session: `open` of trilu/node or trilu/web, with device and threads chosen. */
  readonly open: (model: Uint8Array, options?: OpenOptions) => Promise<Session>;
  /** Milliseconds from any fixed point on; a clock that may be set back is no such clock. */
  readonly now?: () => number;
}

/** Where a sampler of blocks stands. */
type SamplerState = readonly number[];

/** A language model's run, for a `Trainer`: its train program, blocks of a text, and the part of the text that it is judged by. */
export function languageModelRun(
  { record, state }: Checkpoint,
  tokens: TokenSplit,
  environment: TrainerEnvironment,
): TrainingRun<SamplerState> {
  const { setup, model, step, seconds, best } = record;
  return {
    open: () => openTrainProgram(record, environment),
    state,
    feed: blockFeed(record, tokens),
    inputs: { seed: tensor('int32', [], [setup.seed]) },
    learningRate: (step) => learningRateAt(step, setup.schedule),
    evaluation: {
      open: () => environment.open(evaluationModel(model)),
      batches: () => batchTensors(evaluationBatches(tokens.validation, evaluationSize(record))),
      weight: targetCount,
    },
    plan: setup,
    progress: { step, seconds, best },
    now: environment.now,
  };
}

/** Trains a language model on a text: a `Trainer`, whose events tell of the model. */
export class LanguageModelTrainer {
  readonly #record: TrainerRecord;
  readonly #trainer: Trainer<SamplerState>;

  constructor(checkpoint: Checkpoint, tokens: TokenSplit, environment: TrainerEnvironment) {
    this.#record = checkpoint.record;
    this.#trainer = new Trainer(languageModelRun(checkpoint, tokens, environment));
  }

  /**
   * The events of the run, from its present step to its last. The last one is a checkpoint. Nothing goes on while an event is being dealt
   * with.
   * @param signal ends the run after the steps under way, with a checkpoint.
   * @throws UserError when a loss or a gradient is no longer finite, after a checkpoint without the steps where it was so.
   */
  async *events(signal?: AbortSignal): AsyncGenerator<TrainingEvent, void, undefined> {
    for await (const event of this.#trainer.events(signal)) yield this.#told(event);
  }

  #told(event: RunEvent<SamplerState>): TrainingEvent {
    const { model, setup } = this.#record;
    switch (event.kind) {
      case 'steps': {
        const { made, elapsed, ...told } = event;
        return { ...told, tokensPerSecond: (made * setup.batch * model.block) / elapsed };
      }
      case 'skipped':
        return event;
      case 'evaluation': {
        const { state, metrics: _metrics, ...told } = event;
        return { ...told, weights: weightsOf(model, state) };
      }
      case 'sample':
        return { kind: 'sample', step: event.step, weights: weightsOf(model, event.state) };
      case 'checkpoint': {
        const { state, progress, position, ...told } = event;
        return { ...told, checkpoint: { record: { ...this.#record, ...progress, dataPosition: position }, state } };
      }
    }
  }
}

/** Opens the train program of a run. */
function openTrainProgram({ setup, model }: TrainerRecord, { open }: TrainerEnvironment): Promise<Session> {
  const { optimizer, batch, parts } = setup;
  const sizes = parts === 1 ? {} : { sizes: { batch, time: model.block } };
  return open(exportProgram(trainProgram(model, { optimizer, parts, skipNonFinite: true, ...sizes })));
}

/** The blocks of a run's text, from where it stands. */
function blockFeed({ setup, model, dataPosition }: TrainerRecord, { training }: TokenSplit): Feed<SamplerState> {
  const { batch, rng, seed } = setup;
  const sampler = BatchSampler.fromState(training, { batch, block: model.block, rng, seed }, dataPosition);
  return { next: (steps) => tensorsOf(sampler.nextSteps(steps)), position: () => sampler.getState() };
}
