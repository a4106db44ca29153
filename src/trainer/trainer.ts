import { defineModel, type Model } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import { exportProgram } from '../export/export-program.ts';
import type { Weights } from '../export/write-onnx.ts';
import { modelParameters } from '../programs/parameters.ts';
import { trainProgram } from '../programs/train.ts';
import type { OpenOptions, Session } from '../runtime/session.ts';
import { type Tensors, tensor } from '../runtime/tensor.ts';
import { type Batch, BatchSampler, evaluationBatches } from '../text/batches.ts';
import type { TokenSplit } from '../text/split.ts';
import { initialize } from '../train/initialize.ts';
import { momentNames } from '../train/moments.ts';
import type { Checkpoint, TrainerRecord } from './checkpoint.ts';
import { evaluationModel, meanLoss } from './evaluation.ts';
import { learningRateAt } from './schedule.ts';

/** What a trainer needs of the world around it. */
export interface TrainerEnvironment {
  /** Opens bytes of an .onnx file as a session: `open` of trilu/node or trilu/web, with device and threads chosen. */
  readonly open: (model: Uint8Array, options?: OpenOptions) => Promise<Session>;
  /** Milliseconds from any fixed point on. */
  readonly now?: () => number;
}

/** What happened since the last report. */
export type TrainingEvent =
  | {
      readonly kind: 'steps';
      readonly step: number;
      /** Mean training loss over the steps reported, in nats, and the last step's gradient norm before clipping. */
      readonly loss: number;
      readonly gradientNorm: number;
      readonly learningRate: number;
      readonly tokensPerSecond: number;
      readonly seconds: number;
    }
  | { readonly kind: 'evaluation'; readonly step: number; readonly validationLoss: number; readonly seconds: number }
  | { readonly kind: 'sample'; readonly step: number; readonly weights: Weights }
  | { readonly kind: 'checkpoint'; readonly step: number; readonly checkpoint: Checkpoint; readonly last: boolean };

/**
 * Trains a model: draws batches, runs the train program, and tells of it event by event, so that whoever iterates decides what to
 * show and where to keep checkpoints. Nothing goes on while an event is being dealt with.
 */
export class Trainer {
  readonly #record: TrainerRecord;
  readonly #initial: Tensors;
  readonly #tokens: TokenSplit;
  readonly #environment: TrainerEnvironment;
  readonly #model: Model;

  constructor({ record, state }: Checkpoint, tokens: TokenSplit, environment: TrainerEnvironment) {
    this.#record = record;
    this.#initial = state;
    this.#tokens = tokens;
    this.#environment = environment;
    this.#model = defineModel(record.config);
  }

  /**
   * The events of the run, from its present step to its last. The last one is a checkpoint.
   * @param signal ends the run after the steps under way, with a checkpoint.
   * @throws UserError when the loss or the state is no longer finite; the last checkpoint stays as it was.
   */
  async *events(signal?: AbortSignal): AsyncGenerator<TrainingEvent, void, undefined> {
    const { setup, config } = this.#record;
    const bytes = exportProgram(trainProgram(this.#model, { optimizer: setup.optimizer }), { weights: new Map() });
    const session = await this.#environment.open(bytes);
    try {
      await session.setState(this.#initial);
      const evaluator =
        setup.evaluateEvery > 0 ? await this.#environment.open(evaluationModel(this.#model)) : undefined;
      try {
        const size = { batch: setup.batch, block: config.blockSize };
        const sampler = BatchSampler.fromState(this.#tokens.training, size, this.#record.dataPosition);
        yield* this.#run(session, evaluator, sampler, signal);
      } finally {
        await evaluator?.dispose();
      }
    } finally {
      await session.dispose();
    }
  }

  async *#run(
    session: Session,
    evaluator: Session | undefined,
    sampler: BatchSampler,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<TrainingEvent, void, undefined> {
    const { setup } = this.#record;
    let { step, seconds } = this.#record;
    const now = this.#environment.now ?? (() => performance.now());
    // The state is copied from the device once a stop, however much there is to do with it.
    let copied: Promise<Tensors> | undefined;
    const state = (): Promise<Tensors> => {
      copied ??= session.getState();
      return copied;
    };
    const checkpoint = async (): Promise<Checkpoint> => ({
      record: { ...this.#record, step, seconds, dataPosition: sampler.getState() },
      state: requireFinite(await state(), step),
    });
    let saved = -1;
    while (step < setup.steps && signal?.aborted !== true) {
      const steps = stepsUntilNextStop(step, setup);
      const started = now();
      copied = undefined;
      const { loss, gradientNorm, learningRate } = await this.#steps(session, sampler.nextSteps(steps), step);
      const elapsed = (now() - started) / 1000;
      step += steps;
      seconds += elapsed;
      const tokensPerSecond = (steps * setup.batch * this.#record.config.blockSize) / elapsed;
      yield { kind: 'steps', step, loss, gradientNorm, learningRate, tokensPerSecond, seconds };
      if (isDue(step, setup.evaluateEvery, setup.steps) && evaluator !== undefined) {
        yield {
          kind: 'evaluation',
          step,
          validationLoss: await this.#evaluate(evaluator, await state()),
          seconds,
        };
      }
      if (isDue(step, setup.sampleEvery, setup.steps)) {
        yield { kind: 'sample', step, weights: this.#weights(await state()) };
      }
      if (setup.checkpointEvery > 0 && step % setup.checkpointEvery === 0 && step < setup.steps) {
        yield { kind: 'checkpoint', step, checkpoint: await checkpoint(), last: false };
        saved = step;
      }
    }
    if (saved !== step) yield { kind: 'checkpoint', step, checkpoint: await checkpoint(), last: true };
  }

  async #steps(
    session: Session,
    { shape, tokens, targets }: Batch,
    before: number,
  ): Promise<{ loss: number; gradientNorm: number; learningRate: number }> {
    const { setup } = this.#record;
    const rates = Float32Array.from({ length: shape[0] ?? 0 }, (_, index) =>
      learningRateAt(before + index, setup.schedule),
    );
    const outputs = await session.step({
      tokens: tensor('int32', shape, tokens),
      targets: tensor('int32', shape, targets),
      learning_rate: tensor('float32', [rates.length], rates),
      seed: tensor('int32', [], [setup.seed]),
    });
    const losses = Array.from(outputs.loss?.data ?? [], Number);
    const broken = losses.findIndex((loss) => !Number.isFinite(loss));
    if (broken >= 0) {
      throw new UserError(
        `The loss became ${losses[broken]} at step ${before + broken + 1}: train anew with a lower learning rate (--learning-rate).`,
      );
    }
    const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
    const gradientNorm = Number(outputs.gradient_norm?.data[losses.length - 1]);
    return { loss, gradientNorm, learningRate: rates.at(-1) ?? 0 };
  }

  #evaluate(evaluator: Session, state: Tensors): Promise<number> {
    const { setup, config } = this.#record;
    const size = { batch: setup.batch, block: config.blockSize, batches: setup.evaluateBatches, seed: setup.seed };
    return meanLoss(evaluator, state, evaluationBatches(this.#tokens.validation, size));
  }

  #weights(state: Tensors): Weights {
    return weightsOf(this.#model, state);
  }
}

/** A loss tells of broken weights a step late; before they take the place of a good checkpoint they are looked at themselves. */
function requireFinite(state: Tensors, step: number): Tensors {
  for (const [name, { data }] of Object.entries(state)) {
    if (!(data instanceof Float32Array) || data.every(Number.isFinite)) continue;
    throw new UserError(
      `${name} is no longer finite at step ${step}: train anew with a lower learning rate (--learning-rate).`,
    );
  }
  return state;
}

/** Stops lie at the multiples of every interval and at the end; a run never steps over one. */
function stepsUntilNextStop(step: number, setup: TrainerRecord['setup']): number {
  const { steps, stepsPerRun, evaluateEvery, sampleEvery, checkpointEvery } = setup;
  const intervals = [stepsPerRun, evaluateEvery, sampleEvery, checkpointEvery].filter((interval) => interval > 0);
  return Math.min(steps - step, ...intervals.map((interval) => interval - (step % interval)));
}

function isDue(step: number, interval: number, last: number): boolean {
  return interval > 0 && (step % interval === 0 || step === last);
}

/** The state a run begins with: weights drawn from the seed, moments of zeros, step 0. */
export function initialState(model: Model, seed: number): Tensors {
  const parameters = modelParameters(model);
  const weights = initialize(parameters, seed);
  const state = parameters.flatMap(({ name, value }) => {
    const data = weights.get(name) ?? new Float32Array(0);
    const shape = value.shape.map(Number);
    return [
      [name, tensor('float32', shape, data)] as const,
      [momentNames.first(name), tensor('float32', shape, new Float32Array(data.length))] as const,
      [momentNames.second(name), tensor('float32', shape, new Float32Array(data.length))] as const,
    ];
  });
  return { ...Object.fromEntries(state), step: tensor('int32', [], [0]) };
}

/**
 * The weights in a training state.
 * @throws UserError when one of the model's parameters is missing or of another shape.
 */
export function weightsOf(model: Model, state: Tensors): Weights {
  return new Map(
    modelParameters(model).map(({ name, value }) => {
      const held = state[name];
      if (held === undefined || !(held.data instanceof Float32Array) || String(held.shape) !== String(value.shape)) {
        throw new UserError(
          `The training state does not fit the model: ${name} is not a float32 tensor of shape [${value.shape}].`,
        );
      }
      return [name, held.data];
    }),
  );
}
