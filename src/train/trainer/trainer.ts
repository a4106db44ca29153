import type { UserError } from '../../errors.ts';
import type { Session } from '../../runtime/session.ts';
import type { Tensors } from '../../runtime/tensor.ts';
import { type BrokenStep, brokenSteps, divergence, isFiniteState, uselessSteps } from './divergence.ts';
import type { RunEnd, SkippedEvent } from './events.ts';
import type { Batches, Feed } from './feed.ts';
import { meanOutputs } from './mean-outputs.ts';
import type { BestEvaluation } from './record.ts';
import type { TrainingSetup } from './setup.ts';
import { makeSteps, type StepMaker, type StepResults } from './steps.ts';

/** How long a run goes, when it stops on the way, and what it bears. */
export type RunPlan = Pick<
  TrainingSetup,
  'steps' | 'stepsPerRun' | 'evaluateEvery' | 'sampleEvery' | 'checkpointEvery' | 'patience' | 'onDivergence'
>;

/** How far a run is. */
export interface Progress {
  /** Steps made. */
  readonly step: number;
  /** Seconds trained, over all sessions. */
  readonly seconds: number;
  /** The evaluation with the lowest loss so far; undefined before the first. */
  readonly best?: BestEvaluation | undefined;
}

/** What a run is judged by: a program and batches that it is run on, the same ones every time. */
export interface Evaluation {
  /**
   * Opens the program, which the trainer disposes of. It takes batches and the state's parameters, and gives `loss`; what else it gives is
   * told with it. See `meanOutputs`.
   */
  open(): Promise<Session>;
  batches(): Batches;
  /** How much a batch counts; unset is its number of examples. */
  readonly weight?: (batch: Tensors) => number;
}

/** A run of training, from where it stands: a program, what it learns from, and how. What it learns is nobody's business here. */
export interface TrainingRun<Position = unknown> {
  /**
   * Opens the train program, which the trainer disposes of: `learning_rate` float32 (steps), what the feed gives, `inputs`, and the state
   * → `loss` and `gradient_norm` float32 (steps), and the next state. A step whose loss or norm is not finite must leave the state as it is,
   * but for what counts steps.
   */
  open(): Promise<Session>;
  /** The train program's state by the names of its inputs. */
  readonly state: Tensors;
  readonly feed: Feed<Position>;
  /** What the program is fed alike in every run, such as a seed. */
  readonly inputs?: Tensors;
  /** The learning rate of a step, counted from 0. */
  readonly learningRate: (step: number) => number;
  readonly evaluation?: Evaluation | undefined;
  readonly plan: RunPlan;
  /** Where it stands; unset is before its first step. */
  readonly progress?: Progress;
  /** Milliseconds from any fixed point on; a clock that may be set back is no such clock. */
  readonly now?: (() => number) | undefined;
}

/** What happened in a run. Tensors are copies that nobody changes. */
export type RunEvent<Position = unknown> =
  | {
      readonly kind: 'steps';
      readonly step: number;
      /** How many steps this tells of, and how many seconds they took. */
      readonly made: number;
      readonly elapsed: number;
      /** Mean over these steps; not finite only when every one of them was skipped. */
      readonly loss: number;
      /** The last step's, before clipping. */
      readonly gradientNorm: number;
      readonly learningRate: number;
      readonly seconds: number;
    }
  | SkippedEvent
  | {
      readonly kind: 'evaluation';
      readonly step: number;
      readonly validationLoss: number;
      /** The means of all that the evaluation's program gives, `loss` among them. */
      readonly metrics: Readonly<Record<string, number>>;
      /** Whether no evaluation before was as low. */
      readonly best: boolean;
      readonly state: Tensors;
      readonly seconds: number;
    }
  /** The time to try out what was learned. */
  | { readonly kind: 'sample'; readonly step: number; readonly state: Tensors }
  /** The time to keep what there is. */
  | {
      readonly kind: 'checkpoint';
      readonly step: number;
      readonly state: Tensors;
      readonly progress: Progress;
      readonly position: Position;
      /** Why the run ends with this checkpoint; undefined while it goes on. */
      readonly end?: RunEnd;
    };

/**
 * Trains: takes batches from a feed, runs the train program on them, and tells of it event by event, so that whoever iterates decides
 * what to show and where to keep checkpoints. Nothing goes on while an event is being dealt with.
 */
export class Trainer<Position = unknown> {
  readonly #run: Omit<TrainingRun<Position>, 'state'>;
  /** Let go once the session has it: it is as large as a checkpoint. */
  #initial: Tensors | undefined;

  constructor({ state, ...run }: TrainingRun<Position>) {
    this.#run = run;
    this.#initial = state;
  }

  /**
   * The events of the run, from its present step to its last. The last one is a checkpoint.
   * @param signal ends the run after the steps under way, with a checkpoint.
   * @throws UserError when a loss or a gradient is no longer finite, after a checkpoint without the steps where it was so.
   */
  async *events(signal?: AbortSignal): AsyncGenerator<RunEvent<Position>, void, undefined> {
    const { plan, evaluation, feed } = this.#run;
    const session = await this.#run.open();
    try {
      await session.setState(this.#takeInitial());
      const evaluator = plan.evaluateEvery > 0 ? await evaluation?.open() : undefined;
      try {
        yield* this.#train(session, evaluator, signal);
      } finally {
        await evaluator?.dispose();
      }
    } finally {
      await session.dispose();
      await feed.close?.();
    }
  }

  #takeInitial(): Tensors {
    const state = this.#initial;
    if (state === undefined) throw new TypeError('a trainer makes its run once');
    this.#initial = undefined;
    return state;
  }

  async *#train(
    session: Session,
    evaluator: Session | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<RunEvent<Position>, void, undefined> {
    const { plan, feed, evaluation, inputs = {}, learningRate, now = () => performance.now() } = this.#run;
    const maker: StepMaker = { session, feed, inputs };
    const skips = new Skips(plan.onDivergence);
    let { step, seconds, best }: Progress = this.#run.progress ?? { step: 0, seconds: 0 };
    // The state is copied from the device once a stop, however much there is to do with it.
    let copied: Promise<Tensors> | undefined;
    const state = (): Promise<Tensors> => {
      copied ??= session.getState();
      return copied;
    };
    const checkpoint = async (end?: RunEnd): Promise<RunEvent<Position>> => ({
      kind: 'checkpoint',
      step,
      state: await state(),
      progress: { step, seconds, best },
      position: feed.position(),
      ...(end === undefined ? {} : { end }),
    });
    while (step < plan.steps && signal?.aborted !== true) {
      const started = now();
      const before = step;
      const results = await makeSteps(maker, stepsUntilNextStop(step, plan), (index) => learningRate(before + index));
      if (results === undefined) {
        yield await checkpoint('feed');
        return;
      }
      const elapsed = (now() - started) / 1000;
      copied = undefined;
      const made = results.rates.length;
      const broken = brokenSteps(results, step);
      const failure = skips.judge(broken, step, made);
      step += made;
      seconds += elapsed;
      for (const skipped of broken) yield { kind: 'skipped', ...skipped };
      yield { kind: 'steps', step, made, elapsed, seconds, ...report(results) };
      if (failure !== undefined) {
        // Broken steps have changed nothing: what is there is as good as it was before them, and is kept.
        if (isFiniteState(await state())) yield await checkpoint('divergence');
        throw failure;
      }
      if (isDue(step, plan.evaluateEvery, plan.steps) && evaluator !== undefined && evaluation !== undefined) {
        const metrics = await meanOutputs(evaluator, await state(), evaluation.batches(), evaluation.weight);
        const validationLoss = metrics.loss ?? Number.NaN;
        const isBest = best === undefined || validationLoss < best.validationLoss;
        if (isBest) best = { step, validationLoss };
        yield { kind: 'evaluation', step, validationLoss, metrics, best: isBest, state: await state(), seconds };
      }
      if (isDue(step, plan.sampleEvery, plan.steps)) yield { kind: 'sample', step, state: await state() };
      if (step < plan.steps && isOutOfPatience(step, best, plan)) {
        yield await checkpoint('patience');
        return;
      }
      if (plan.checkpointEvery > 0 && step % plan.checkpointEvery === 0 && step < plan.steps) yield await checkpoint();
    }
    yield await checkpoint(step < plan.steps ? 'signal' : 'steps');
  }
}

/** Whether evaluations have brought nothing for as long as the plan bears. */
export function isOutOfPatience(
  step: number,
  best: BestEvaluation | undefined,
  { patience, evaluateEvery }: Pick<RunPlan, 'patience' | 'evaluateEvery'>,
): boolean {
  return patience > 0 && best !== undefined && step - best.step >= patience * evaluateEvery;
}

/** Decides on broken steps, and counts how many there are in a row. */
class Skips {
  readonly #onDivergence: RunPlan['onDivergence'];
  #inARow = 0;

  constructor(onDivergence: RunPlan['onDivergence']) {
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
      const failure = uselessSteps(this.#inARow, step);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }
}

/** The mean of the losses that are numbers; of skipped steps alone it is none. */
function report({ losses, gradientNorms, rates }: StepResults): {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
} {
  const finite = losses.filter(Number.isFinite);
  const loss = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  return { loss, gradientNorm: gradientNorms.at(-1) ?? Number.NaN, learningRate: rates.at(-1) ?? 0 };
}

/** Stops lie at the multiples of every interval and at the end; a run never steps over one. */
function stepsUntilNextStop(step: number, plan: RunPlan): number {
  const { steps, stepsPerRun, evaluateEvery, sampleEvery, checkpointEvery } = plan;
  const intervals = [stepsPerRun, evaluateEvery, sampleEvery, checkpointEvery].filter((interval) => interval > 0);
  return Math.min(steps - step, ...intervals.map((interval) => interval - (step % interval)));
}

function isDue(step: number, interval: number, last: number): boolean {
  return interval > 0 && (step % interval === 0 || step === last);
}
