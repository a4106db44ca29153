import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Tensors, tensor } from '../../../src/runtime/tensor.ts';
import { type Feed, feedOf } from '../../../src/train/trainer/feed.ts';
import { tryLearningRates } from '../../../src/train/trainer/learning-rate-finder.ts';
import { type RunEvent, Trainer, type TrainingRun } from '../../../src/train/trainer/trainer.ts';
import { batch, initial, openEvaluation, openTraining, plan } from './regression.ts';

/** Batches as a disk or a network would give them: each later, and with room for others meanwhile. */
const streamed = (from = 0, end = Number.POSITIVE_INFINITY): Feed<number> =>
  feedOf(async function* (drawn) {
    for (let index = drawn; index < end; index++) {
      await setImmediate();
      yield batch(index);
    }
  }, from);

const run = (changes: Partial<TrainingRun<number>> = {}): TrainingRun<number> => ({
  open: openTraining,
  state: initial,
  feed: streamed(),
  learningRate: () => 0.1,
  plan,
  ...changes,
});

async function eventsOf(given: TrainingRun<number>, signal?: AbortSignal): Promise<RunEvent<number>[]> {
  const events: RunEvent<number>[] = [];
  for await (const event of new Trainer(given).events(signal)) events.push(event);
  return events;
}

type Kept = Extract<RunEvent<number>, { kind: 'checkpoint' }>;

async function lastOf(given: TrainingRun<number>): Promise<Kept> {
  const last = (await eventsOf(given)).at(-1);
  if (last?.kind !== 'checkpoint') throw new Error(`the last event is ${last?.kind}`);
  return last;
}

const numbers = (state: Tensors): Record<string, number[]> =>
  Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, Array.from(data, Number)]));

describe('a program that is no language model', () => {
  it('is trained on a feed that streams, and finds what lies behind its numbers', async () => {
    const events = await eventsOf(run({ plan: { ...plan, steps: 300 } }));
    const losses = events.flatMap((event) => (event.kind === 'steps' ? [event.loss] : []));
    expect(losses).toHaveLength(30);
    expect(losses.at(-1)).toBeLessThan(1e-3);
    const last = events.at(-1);
    const { slope = [], offset = [] } = numbers(last?.kind === 'checkpoint' ? last.state : {});
    for (const [index, wanted] of [3, -2, 1].entries()) expect([...slope, ...offset][index]).toBeCloseTo(wanted, 1);
  });

  it('goes on to the last bit from its state, its progress and the feed’s position', async () => {
    const whole = await lastOf(run());
    const half = await lastOf(run({ plan: { ...plan, steps: 13 } }));
    expect(half).toMatchObject({ step: 13, position: 13, end: 'steps' });
    const kept = JSON.parse(JSON.stringify(half.position));
    const resumed = await lastOf(run({ state: half.state, progress: half.progress, feed: streamed(kept) }));
    expect(resumed.state).toEqual(whole.state);
    expect(resumed.position).toBe(whole.position);
    const elsewhere = await lastOf(run({ state: half.state, progress: half.progress, feed: streamed(0) }));
    expect(elsewhere.state).not.toEqual(whole.state);
  });

  it('follows any schedule, counted from the run’s first step', async () => {
    const asked: number[] = [];
    const learningRate = (step: number): number => {
      asked.push(step);
      return 0.01 * (step + 1);
    };
    const progress = { step: 5, seconds: 1 };
    const events = await eventsOf(run({ learningRate, progress, plan: { ...plan, steps: 8 } }));
    expect(asked).toEqual([5, 6, 7]);
    expect(events[0]).toMatchObject({ kind: 'steps', step: 8, made: 3, learningRate: Math.fround(0.08) });
  });

  it('is judged by a program of its own, whose other outputs are told too, and whose lowest loss is the best', async () => {
    const evaluation = { open: openEvaluation, batches: () => [batch(100, 4), batch(101, 2)] };
    const events = await eventsOf(run({ evaluation, plan: { ...plan, evaluateEvery: 20 } }));
    const evaluations = events.flatMap((event) => (event.kind === 'evaluation' ? [event] : []));
    expect(evaluations.map(({ step, best }) => [step, best])).toEqual([
      [20, true],
      [40, true],
    ]);
    for (const { state, metrics, validationLoss } of evaluations) {
      const errors = [batch(100, 4), batch(101, 2)].flatMap((given) => errorsOf(state, given));
      const mean = (of: (error: number) => number): number => errors.map(of).reduce((a, b) => a + b) / errors.length;
      expect(validationLoss).toBeCloseTo(
        mean((error) => error * error),
        5,
      );
      expect(metrics.loss).toBe(validationLoss);
      expect(metrics.absolute_error).toBeCloseTo(mean(Math.abs), 5);
    }
    expect(events.at(-1)).toMatchObject({ progress: { step: 40, best: { step: 40 } } });
  });

  it('ends where its feed ends, with a checkpoint of the steps that there were batches for', async () => {
    const events = await eventsOf(run({ feed: streamed(0, 25) }));
    expect(events.map(({ kind, step }) => `${step} ${kind}`)).toEqual([
      '10 steps',
      '20 steps',
      '25 steps',
      '25 checkpoint',
    ]);
    expect(events.at(-1)).toMatchObject({ end: 'feed', position: 25 });
  });

  it('ends after the steps under way when it is told to, and lets go of its source', async () => {
    let closed = false;
    const feed = feedOf(function* (drawn) {
      try {
        for (let index = drawn; ; index++) yield batch(index);
      } finally {
        closed = true;
      }
    });
    const stop = new AbortController();
    const steps: number[] = [];
    for await (const { step, kind } of new Trainer(run({ feed })).events(stop.signal)) {
      steps.push(step);
      if (kind === 'steps' && step === 20) stop.abort();
    }
    expect(steps).toEqual([10, 20, 20]);
    expect(closed).toBe(true);
  });

  it('has its learning rates tried as well', async () => {
    const points = [];
    for await (const point of tryLearningRates(run(), { lowest: 1e-3, highest: 100, steps: 60 })) points.push(point);
    expect(points.length).toBeGreaterThan(10);
    expect(points.length).toBeLessThan(60); // the loss has run away
  });
});

describe('a feed that can’t be learned from is told of', () => {
  it.each<[string, Feed<number>, RegExp]>([
    [
      'batches that differ',
      feedOf(() => [batch(0, 4), batch(1, 3)]),
      /^The batches of a feed must be alike, but x is float32 \[4,2\] in one and float32 \[3,2\] in another, 1 after it\.$/,
    ],
    [
      'a batch without one of its tensors',
      feedOf(() => [batch(0), { x: batch(1).x as Tensors[string] }]),
      /^The batches of a feed must be alike, but y is float32 \[4,1\] in one and missing in another, 1 after it\.$/,
    ],
    [
      'more steps than were asked for',
      { next: () => ({ x: tensor('float32', [11, 1, 2], new Float32Array(22)) }), position: () => 0 },
      /^The feed was asked for the batches of 10 steps and gave x \[11,1,2\]: the first dimension of each must be the steps, 10 at most\.$/,
    ],
    ['no tensor', { next: () => ({}), position: () => 0 }, /^The feed was asked for .* 10 steps and gave no tensor:/],
  ])('%s', async (_what, feed, message) => {
    await expect(eventsOf(run({ feed }))).rejects.toThrow(message);
  });

  it('an evaluation without batches', async () => {
    const evaluation = { open: openEvaluation, batches: () => [] };
    await expect(eventsOf(run({ evaluation, plan: { ...plan, evaluateEvery: 10 } }))).rejects.toThrow(
      'There are no batches to evaluate on',
    );
  });
});

/** What each prediction of a state is off by. */
function errorsOf(state: Tensors, { x, y }: Tensors): number[] {
  const { slope = [], offset = [] } = numbers(state);
  return Array.from(y?.data ?? [], Number).map((wanted, row) => {
    const [first, second] = [Number(x?.data[2 * row]), Number(x?.data[2 * row + 1])];
    return first * (slope[0] ?? 0) + second * (slope[1] ?? 0) + (offset[0] ?? 0) - wanted;
  });
}
