import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { open } from '../../../src/runtime/node/open.ts';
import type { Session } from '../../../src/runtime/session.ts';
import { tensor } from '../../../src/runtime/tensor.ts';
import { lion } from '../../../src/train/optimizers/lion.ts';
import { sgd } from '../../../src/train/optimizers/sgd.ts';
import { decodeCheckpoint } from '../../../src/train/trainer/checkpoint.ts';
import { evaluateText } from '../../../src/train/trainer/evaluation.ts';
import type { TrainingEvent } from '../../../src/train/trainer/events.ts';
import { LanguageModelTrainer } from '../../../src/train/trainer/language-model.ts';
import { learningRateAt } from '../../../src/train/trainer/schedule.ts';
import type { TrainingSetup } from '../../../src/train/trainer/setup.ts';
import { initialState, weightsOf } from '../../../src/train/trainer/training-state.ts';
import { distance } from '../../support/run-graph.ts';
import { checkpointFile } from './checkpoint-file.ts';
import { eventsOf, lastCheckpoint, smallRun, trainerOf } from './small-run.ts';

/** Each event as its step and kind: `10 steps`. */
async function story(settings: Partial<TrainingSetup>): Promise<string[]> {
  const { checkpoint, tokens } = smallRun(settings);
  return (await eventsOf(trainerOf(checkpoint, tokens))).map(({ step, kind }) => `${step} ${kind}`);
}

describe('the events of a run', () => {
  it('are reports every few steps, and a checkpoint at the end', async () => {
    expect(await story({ steps: 25, stepsPerRun: 10 })).toEqual(['10 steps', '20 steps', '25 steps', '25 checkpoint']);
  });

  it('stop at the multiples of every interval and at the end: steps, evaluation, sample, checkpoint', async () => {
    const intervals = { stepsPerRun: 8, evaluateEvery: 6, sampleEvery: 9, checkpointEvery: 12 };
    expect(await story({ steps: 20, ...intervals })).toEqual([
      ...['6 steps', '6 evaluation', '8 steps', '9 steps', '9 sample'],
      ...['12 steps', '12 evaluation', '12 checkpoint', '16 steps', '18 steps', '18 evaluation', '18 sample'],
      ...['20 steps', '20 evaluation', '20 sample', '20 checkpoint'],
    ]);
  });

  it('tell the rate and the pace', async () => {
    const { checkpoint, tokens } = smallRun({ steps: 10, stepsPerRun: 5 });
    let time = 0;
    const trainer = new LanguageModelTrainer(checkpoint, tokens, {
      open: (model) => open(model, { device: 'cpu', worker: false, threads: 1 }),
      now: () => (time += 500), // two readings a run: half a second
    });
    const [first, second] = await eventsOf(trainer);
    const tokensPerSecond = (5 * 2 * 8) / 0.5;
    expect(first).toMatchObject({
      tokensPerSecond,
      seconds: 0.5,
      learningRate: Math.fround(learningRateAt(4, checkpoint.record.setup.schedule)),
    });
    expect(second).toMatchObject({
      tokensPerSecond,
      seconds: 1,
      learningRate: Math.fround(learningRateAt(9, checkpoint.record.setup.schedule)),
    });
  });

  it('show a loss that falls from that of guessing', async () => {
    const { checkpoint, tokens } = smallRun({ steps: 300, stepsPerRun: 10, evaluateEvery: 300 });
    const schedule = { learningRate: 1e-2, minimumLearningRate: 1e-2, warmUp: 0, decaySteps: 1 };
    const setup = { ...checkpoint.record.setup, schedule };
    const events = await eventsOf(trainerOf({ ...checkpoint, record: { ...checkpoint.record, setup } }, tokens));
    const losses = events.flatMap((event) => (event.kind === 'steps' ? [event.loss] : []));
    const guessing = Math.log(checkpoint.record.tokenizer.size);
    expect(Math.abs((losses[0] ?? 0) - guessing)).toBeLessThan(0.3);
    expect(losses.at(-1)).toBeLessThan(guessing - 0.5);
    const evaluation = events.find((event) => event.kind === 'evaluation');
    expect(evaluation).toMatchObject({ step: 300, validationLoss: expect.any(Number) });
    expect(evaluation?.kind === 'evaluation' && evaluation.validationLoss < guessing - 0.5).toBe(true);
  });
});

describe('a run goes on to the last bit', () => {
  it.each<[string, Partial<TrainingSetup>]>([
    ['AdamW', {}],
    ['SGD with momentum', { optimizer: sgd.with({ nesterov: true, weightDecay: 0.1 }) }],
    ['SGD', { optimizer: sgd.with({ momentum: 0 }) }],
    ['Lion', { optimizer: lion.with() }],
  ])('from any checkpoint, through its file, with %s', async (_, settings) => {
    const { checkpoint, tokens } = smallRun({ steps: 30, ...settings });
    const whole = lastCheckpoint(await eventsOf(trainerOf(checkpoint, tokens)));
    const { record } = checkpoint;
    const half = { ...checkpoint, record: { ...record, setup: { ...record.setup, steps: 13 } } };
    const saved = await checkpointFile(lastCheckpoint(await eventsOf(trainerOf(half, tokens))));
    const restored = await decodeCheckpoint(saved, 'the state');
    const resumed = { ...restored, record: { ...restored.record, setup: record.setup } };
    const { record: end, state } = lastCheckpoint(await eventsOf(trainerOf(resumed, tokens)));
    expect(state).toEqual(whole.state);
    expect({ ...end, seconds: 0 }).toEqual({ ...whole.record, seconds: 0 });
  });

  it('from a checkpoint that names no optimizer, as those of AdamW once did', async () => {
    const file = await readFile(new URL('unnamed-optimizer.safetensors', import.meta.url));
    const restored = await decodeCheckpoint(new Uint8Array(file), 'the state');
    expect(file.toString('latin1')).not.toContain('adamw');
    const { checkpoint, tokens } = smallRun({ steps: 20 });
    const { setup } = checkpoint.record;
    expect(restored.record.setup).toEqual({ ...setup, steps: 10 });
    const lossesOf = (events: readonly TrainingEvent[]) =>
      events.flatMap((event) => (event.kind === 'steps' && event.step > 10 ? [event.loss] : []));
    const whole = lossesOf(await eventsOf(trainerOf(checkpoint, tokens)));
    const resumed = { ...restored, record: { ...restored.record, setup } };
    const events = await eventsOf(trainerOf(resumed, tokens));
    // The first half was trained on another machine, whose sums may be rounded otherwise.
    expect(distance(lossesOf(events), whole)).toBeLessThan(1e-5);
    expect(Object.keys(lastCheckpoint(events).state).sort()).toEqual(Object.keys(checkpoint.state).sort());
  });

  it.each([1, 3, 7, 30])('in runs of %i steps, whatever is reported on the way', async (stepsPerRun) => {
    const { checkpoint, tokens } = smallRun({ steps: 30 });
    const plain = lastCheckpoint(await eventsOf(trainerOf(checkpoint, tokens)));
    const busy = smallRun({ steps: 30, stepsPerRun, evaluateEvery: 4, sampleEvery: 5, checkpointEvery: 6 });
    const other = lastCheckpoint(await eventsOf(trainerOf(busy.checkpoint, busy.tokens)));
    expect(other.state).toEqual(plain.state);
    expect(other.record.dataPosition).toEqual(plain.record.dataPosition);
  });
});

describe('a run that is asked to stop', () => {
  it('ends after the steps under way, with a checkpoint of them', async () => {
    const { checkpoint, tokens } = smallRun({ steps: 1000, stepsPerRun: 5 });
    const stop = new AbortController();
    const kinds: string[] = [];
    for await (const event of trainerOf(checkpoint, tokens).events(stop.signal)) {
      kinds.push(`${event.step} ${event.kind}`);
      if (event.step === 10) stop.abort();
    }
    expect(kinds).toEqual(['5 steps', '10 steps', '10 checkpoint']);
  });

  it('before its first step has what it began with', async () => {
    const { checkpoint, tokens } = smallRun();
    const events = await eventsOf(trainerOf(checkpoint, tokens), AbortSignal.abort());
    expect(events).toEqual([{ kind: 'checkpoint', step: 0, checkpoint, end: 'signal' }]);
  });

  it('by leaving the loop frees its sessions', async () => {
    const { checkpoint, tokens } = smallRun({ evaluateEvery: 5 });
    const sessions: Session[] = [];
    const trainer = new LanguageModelTrainer(checkpoint, tokens, {
      open: async (model) => {
        const session = await open(model, { device: 'cpu', worker: false, threads: 1 });
        sessions.push(session);
        return session;
      },
    });
    for await (const _ of trainer.events()) break;
    expect(sessions).toHaveLength(2);
    for (const session of sessions) await expect(session.getState()).rejects.toThrow('disposed');
  });
});

describe('what breaks is told', () => {
  it('when the loss is no longer a number, by its step', async () => {
    const { checkpoint, tokens } = smallRun({ stepsPerRun: 10 });
    const { shape = [], data = [] } = checkpoint.state['transformer.wte.weight'] ?? {};
    const wte = tensor('float32', shape, new Float32Array(data.length).fill(Number.NaN));
    const broken = { ...checkpoint.state, 'transformer.wte.weight': wte };
    const events = eventsOf(trainerOf({ ...checkpoint, state: broken }, tokens));
    await expect(events).rejects.toThrow(/^The loss became NaN at step 1: train anew with a lower learning rate/);
    await expect(events).rejects.toBeInstanceOf(UserError);
  });

  it('when a gradient is not finite, after a checkpoint in which that step has changed nothing', async () => {
    const { checkpoint, tokens } = smallRun({ stepsPerRun: 4 });
    const { shape = [], data = [] } = checkpoint.state['transformer.ln_f.weight'] ?? {};
    // Logits so large that the loss is finite still, and the squares of its gradient are not.
    const large = tensor('float32', shape, new Float32Array(data.length).fill(1e22));
    const state = { ...checkpoint.state, 'transformer.ln_f.weight': large };
    const events: TrainingEvent[] = [];
    const run = async (): Promise<void> => {
      for await (const event of trainerOf({ ...checkpoint, state }, tokens).events()) events.push(event);
    };
    await expect(run()).rejects.toThrow(/^The gradient's norm became Infinity at step 1: train anew with a lower/);
    expect(events.map(({ kind }) => kind)).toEqual([...Array(4).fill('skipped'), 'steps', 'checkpoint']);
    const last = events.at(-1);
    expect(last).toMatchObject({ step: 4, end: 'divergence' });
    const kept = last?.kind === 'checkpoint' ? last.checkpoint.state : undefined;
    expect({ ...kept, step: checkpoint.state.step }).toEqual(state);
  });

  it('when the weights are no longer finite, before they are written as a checkpoint', async () => {
    const { checkpoint, tokens } = smallRun({ stepsPerRun: 1, checkpointEvery: 1 });
    // The first step's loss is still right; what it does to the weights is not.
    const schedule = { learningRate: 1e38, minimumLearningRate: 1e38, warmUp: 0, decaySteps: 1 };
    const optimizer = { ...checkpoint.record.setup.optimizer, weightDecay: 1e5 };
    const record = { ...checkpoint.record, setup: { ...checkpoint.record.setup, schedule, optimizer } };
    const seen: string[] = [];
    const run = async (): Promise<void> => {
      for await (const event of trainerOf({ ...checkpoint, record }, tokens).events()) {
        seen.push(event.kind);
        if (event.kind === 'checkpoint') await checkpointFile(event.checkpoint);
      }
    };
    await expect(run()).rejects.toThrow(/is no longer finite at step 1: train anew with a lower learning rate/);
    expect(seen).toEqual(['steps', 'checkpoint']);
  });

  it('when the state is that of another model', () => {
    const { checkpoint } = smallRun();
    const other = checkpoint.record.model.with({ embedding: 16 });
    expect(() => weightsOf(other, checkpoint.state)).toThrow(
      /^The training state does not fit the model: transformer\.wte\.weight is not a float32 tensor of shape \[\d+,16\]\.$/,
    );
  });
});

describe('the state a run begins with', () => {
  const { checkpoint } = smallRun();
  const { model } = checkpoint.record;

  it('has a parameter and two moments of zeros each, and step 0', () => {
    const { step, ...state } = initialState(model, checkpoint.record.setup);
    expect(step).toEqual(tensor('int32', [], [0]));
    const names = Object.keys(state).filter((name) => !/\.exp_avg(_sq)?$/.test(name));
    expect(Object.keys(state)).toHaveLength(3 * names.length);
    for (const name of names) {
      for (const moment of [`${name}.exp_avg`, `${name}.exp_avg_sq`]) {
        expect(state[moment]?.shape).toEqual(state[name]?.shape);
        expect(Array.from(state[moment]?.data ?? [1], Number).every((element) => element === 0)).toBe(true);
      }
    }
  });

  it('depends on the seed alone', () => {
    const { optimizer } = checkpoint.record.setup;
    const stateOf = (seed: number) => initialState(model, { seed, optimizer });
    expect(stateOf(7)).toEqual(stateOf(7));
    expect(stateOf(8)).not.toEqual(stateOf(7));
  });
});

it('a run in parts is judged by the same blocks as one in one part', async () => {
  const [one, two] = [1, 2].map((parts) =>
    smallRun({ steps: 1, batch: 4, parts, evaluateEvery: 1, evaluateBatches: 5 }),
  );
  const losses = await Promise.all(
    [one, two].map(async (run) => {
      if (run === undefined) throw new Error('two runs');
      // No dropout: the parts of a batch would drop other elements.
      const model = run.checkpoint.record.model.with({ dropout: 0 });
      const checkpoint = { ...run.checkpoint, record: { ...run.checkpoint.record, model } };
      const events = await eventsOf(trainerOf(checkpoint, run.tokens));
      return events.flatMap((event) => (event.kind === 'evaluation' ? [event.validationLoss] : []));
    }),
  );
  expect(losses[0]).toHaveLength(1);
  expect(losses[1]?.[0]).toBeCloseTo(losses[0]?.[0] ?? Number.NaN, 5);
});

it('evaluateText weighs every character but the first once', async () => {
  const { checkpoint, tokens } = smallRun();
  const { model } = checkpoint.record;
  const weights = weightsOf(model, checkpoint.state);
  const here = (bytes: Uint8Array): Promise<Session> => open(bytes, { device: 'cpu', worker: false, threads: 1 });
  const loss = (part: Int32Array): Promise<number> => evaluateText(model, weights, part, here);
  // Two blocks of 8 and a rest of 3: the mean of the parts, weighed by their targets.
  const text = tokens.training.subarray(0, 20);
  const [both, rest] = [await loss(text.slice(0, 17)), await evaluateOne(text.slice(16))];
  expect(await loss(text)).toBeCloseTo((both * 16 + rest * 3) / 19, 6);

  async function evaluateOne(part: Int32Array): Promise<number> {
    const shorter = model.with({ block: part.length - 1 });
    const wpe = weights.get('transformer.wpe.weight')?.slice(0, (part.length - 1) * 8) ?? new Float32Array();
    return evaluateText(shorter, new Map([...weights, ['transformer.wpe.weight', wpe]]), part, here);
  }
});
