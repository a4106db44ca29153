import { defineModel, type Model } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import { exportProgram } from '../export/export-program.ts';
import { trainProgram } from '../programs/train.ts';
import type { OpenOptions, Session } from '../runtime/session.ts';
import type { Tensors } from '../runtime/tensor.ts';
import { BatchSampler, evaluationBatches } from '../text/batches.ts';
import type { TokenSplit } from '../text/split.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type BrokenStep, brokenSteps, divergence, isFiniteState, mostSkippedInARow } from './divergence.ts';
import { evaluationModel, evaluationSize, meanLoss } from './evaluation.ts';
import type { CheckpointEvent, StepsEvent, TrainingEvent } from './events.ts';
import type { BestEvaluation, TrainerRecord } from './record.ts';
import { learningRateAt } from './schedule.ts';
import { weightsOf } from './state.ts';
import { makeSteps, type StepResults } from './steps.ts';

/** What a trainer needs of the world around it. */
export interface TrainerEnvironment {
  /** Opens bytes of an .onnx file as a session: `open` of trilu/node or trilu/web, with device and threads chosen. */
  readonly open: (model: Uint8Array, options?: OpenOptions) => Promise<Session>;
  /** Milliseconds from any fixed point on; a clock that may be set back is no such clock. */
  readonly now?: () => number;
}

/**
 * Trains a model: draws batches, runs the train program, and tells of it event by event, so that whoever iterates decides what to
 * show and where to keep checkpoints. Nothing goes on while an event is being dealt with.
 */
export class Trainer {
  readonly #record: TrainerRecord;
  /** Let go once the session has it: it is as large as a checkpoint. */
  #initial: Tensors | undefined;
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
   * @throws UserError when a loss or a gradient is no longer finite, after a checkpoint without the steps where it was so.
   */
  async *events(signal?: AbortSignal): AsyncGenerator<TrainingEvent, void, undefined> {
    const { setup } = this.#record;
    const session = await openTrainProgram(this.#model, this.#record, this.#environment);
    try {
      await session.setState(this.#takeInitial());
      const evaluator =
        setup.evaluateEvery > 0 ? await this.#environment.open(evaluationModel(this.#model)) : undefined;
      try {
        yield* this.#run(session, evaluator, signal);
      } finally {
        await evaluator?.dispose();
      }
    } finally {
      await session.dispose();
    }
  }

  #takeInitial(): Tensors {
    const state = this.#initial;
    if (state === undefined) throw new TypeError('a trainer makes its run once');
    this.#initial = undefined;
    return state;
  }

  async *#run(
    session: Session,
    evaluator: Session | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<TrainingEvent, void, undefined> {
    const { setup } = this.#record;
    const sampler = samplerOf(this.#record, this.#tokens);
    const skips = new Skips(setup.onDivergence);
    const now = this.#environment.now ?? (() => performance.now());
    let { step, seconds, best } = this.#record;
    // The state is copied from the device once a stop, however much there is to do with it.
    let copied: Promise<Tensors> | undefined;
    const state = (): Promise<Tensors> => {
      copied ??= session.getState();
      return copied;
    };
    const checkpoint = async (end?: CheckpointEvent['end']): Promise<CheckpointEvent> => {
      const record = { ...this.#record, step, seconds, best, dataPosition: sampler.getState() };
      return {
        kind: 'checkpoint',
        step,
        checkpoint: { record, state: await state() },
        ...(end === undefined ? {} : { end }),
      };
    };
    while (step < setup.steps && signal?.aborted !== true) {
      const steps = stepsUntilNextStop(step, setup);
      const rates = Float32Array.from({ length: steps }, (_, index) => learningRateAt(step + index, setup.schedule));
      const started = now();
      copied = undefined;
      const results = await makeSteps(session, sampler.nextSteps(steps), rates, setup.seed);
      const elapsed = (now() - started) / 1000;
      const broken = brokenSteps(results, step);
      const failure = skips.judge(broken, step, steps);
      step += steps;
      seconds += elapsed;
      for (const skipped of broken) yield { kind: 'skipped', ...skipped };
      yield { ...report(results), step, seconds, learningRate: rates.at(-1) ?? 0, ...this.#pace(steps, elapsed) };
      if (failure !== undefined) {
        // Broken steps have changed nothing: what is there is as good as it was before them, and is kept.
        if (isFiniteState(await state())) yield await checkpoint('divergence');
        throw failure;
      }
      if (isDue(step, setup.evaluateEvery, setup.steps) && evaluator !== undefined) {
        const validationLoss = await this.#evaluate(evaluator, await state());
        const isBest = best === undefined || validationLoss < best.validationLoss;
        if (isBest) best = { step, validationLoss };
        const weights = weightsOf(this.#model, await state());
        yield { kind: 'evaluation', step, validationLoss, best: isBest, weights, seconds };
      }
      if (isDue(step, setup.sampleEvery, setup.steps)) {
        yield { kind: 'sample', step, weights: weightsOf(this.#model, await state()) };
      }
      if (step < setup.steps && isOutOfPatience(step, best, setup)) {
        yield await checkpoint('patience');
        return;
      }
      if (setup.checkpointEvery > 0 && step % setup.checkpointEvery === 0 && step < setup.steps) {
        yield await checkpoint();
      }
    }
    yield await checkpoint(step < setup.steps ? 'signal' : 'steps');
  }

  #pace(steps: number, elapsed: number): Pick<StepsEvent, 'tokensPerSecond'> {
    const { setup, config } = this.#record;
    return { tokensPerSecond: (steps * setup.batch * config.blockSize) / elapsed };
  }

  #evaluate(evaluator: Session, state: Tensors): Promise<number> {
    return meanLoss(evaluator, state, evaluationBatches(this.#tokens.validation, evaluationSize(this.#record)));
  }
}

/** Opens the train program of a run. */
export function openTrainProgram(
  model: Model,
  { setup, config }: TrainerRecord,
  { open }: TrainerEnvironment,
): Promise<Session> {
  const { optimizer, batch, parts } = setup;
  const sizes = parts === 1 ? {} : { sizes: { batch, time: config.blockSize } };
  const program = trainProgram(model, { optimizer, parts, skipNonFinite: true, ...sizes });
  return open(exportProgram(program, { weights: new Map() }));
}

/** The sampler of a run, where it stands. */
export function samplerOf({ setup, config, dataPosition }: TrainerRecord, { training }: TokenSplit): BatchSampler {
  const { batch, rng, seed } = setup;
  return BatchSampler.fromState(training, { batch, block: config.blockSize, rng, seed }, dataPosition);
}

/** Whether evaluations have brought nothing for as long as the setup bears. */
export function isOutOfPatience(
  step: number,
  best: BestEvaluation | undefined,
  { patience, evaluateEvery }: TrainerRecord['setup'],
): boolean {
  return patience > 0 && best !== undefined && step - best.step >= patience * evaluateEvery;
}

/** Decides on broken steps, and counts how many there are in a row. */
class Skips {
  readonly #onDivergence: TrainerRecord['setup']['onDivergence'];
  #inARow = 0;

  constructor(onDivergence: TrainerRecord['setup']['onDivergence']) {
    this.#onDivergence = onDivergence;
  }

  /** @returns why the run has to end, if it has to */
  judge(broken: readonly BrokenStep[], before: number, steps: number): UserError | undefined {
    const [first] = broken;
    if (first === undefined) {
      this.#inARow = 0;
      return undefined;
    }
    if (this.#onDivergence === 'stop') return divergence(first);
    const numbers = new Set(broken.map(({ step }) => step));
    for (let step = before + 1; step <= before + steps; step++) {
      this.#inARow = numbers.has(step) ? this.#inARow + 1 : 0;
      if (this.#inARow < mostSkippedInARow) continue;
      return new UserError(
        `${mostSkippedInARow} steps up to ${step} were skipped in a row: nothing is learned any more; train anew with a lower learning rate (--learning-rate).`,
      );
    }
    return undefined;
  }
}

/** The mean of the losses that are numbers; of skipped steps alone it is none. */
function report({ losses, gradientNorms }: StepResults): Pick<StepsEvent, 'kind' | 'loss' | 'gradientNorm'> {
  const finite = losses.filter(Number.isFinite);
  const loss = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  return { kind: 'steps', loss, gradientNorm: gradientNorms.at(-1) ?? Number.NaN };
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
