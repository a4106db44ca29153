import { describe, expect, it } from 'vitest';
import { type FollowOptions, followRun, type RunView } from '../../src/runs/follow-run.ts';
import type { CheckpointEvent, TrainingEvent } from '../../src/train/trainer/events.ts';
import { smallRun } from '../train/trainer/small-run.ts';

const { checkpoint } = smallRun();
const { record } = checkpoint;
const weights = new Map([['w', new Float32Array([1])]]);

const steps = (step: number): TrainingEvent => ({
  ...{ kind: 'steps', step, loss: step / 10, gradientNorm: 1, learningRate: 1e-3, tokensPerSecond: 5, seconds: step },
});
const evaluation = (step: number, best: boolean): TrainingEvent => ({
  ...{ kind: 'evaluation', step, validationLoss: 3, best, weights, seconds: step },
});
const saved = (step: number, end?: CheckpointEvent['end']): TrainingEvent => ({
  ...{ kind: 'checkpoint', step, checkpoint, ...(end === undefined ? {} : { end }) },
});

async function* told(...events: readonly TrainingEvent[]): AsyncGenerator<TrainingEvent> {
  yield* events;
}

/** A run that notes what it is given, and a view that notes what it is told. */
function noting(): { log: string[]; options: FollowOptions } {
  const log: string[] = [];
  const view: RunView = {
    steps: ({ step }) => void log.push(`view: steps ${step}`),
    evaluation: ({ step, validation_loss: loss }, best) => void log.push(`view: evaluation ${step} ${loss} ${best}`),
    logged: ({ step, validation_loss: loss }) => void log.push(`view: logged ${step} ${loss}`),
    skipped: ({ step }) => void log.push(`view: skipped ${step}`),
    sample: ({ step, text }) => void log.push(`view: sample ${step} ${text}`),
    saved: ({ step }) => void log.push(`view: saved ${step}`),
  };
  const run: FollowOptions['run'] = {
    report: async (line) => void log.push(`report ${JSON.stringify(line)}`),
    sample: async ({ step, text }) => void log.push(`sample ${step} ${text}`),
    save: async (_checkpoint, { keep }) => void log.push(`save, keep ${keep}`),
    saveBest: async (_record, given, { step, validationLoss }) =>
      void log.push(`best ${step} ${validationLoss} ${given === weights}`),
  };
  return { log, options: { record, run, write: async () => 'a text', views: [{}, view] } };
}

describe('following a run', () => {
  it('writes a line when it is known whether an evaluation belongs to it, and before all that comes after it', async () => {
    const { log, options } = noting();
    const events = told(
      ...[steps(10), steps(20), evaluation(20, true), { kind: 'sample', step: 20, weights } as const],
      ...[{ kind: 'skipped', step: 21, loss: Number.NaN, gradientNorm: 1 } as const, steps(30), saved(30, 'steps')],
    );
    expect(await followRun(events, options)).toMatchObject({ step: 30, end: 'steps' });
    const line = (step: number): string =>
      `"step":${step},"loss":${step / 10},"gradient_norm":1,"learning_rate":0.001,"tokens_per_second":5,"seconds":${step}`;
    const background = [`best 20 3 true`];
    expect(log.filter((entry) => !background.includes(entry))).toEqual([
      'view: steps 10',
      `report {${line(10)}}`,
      'view: logged 10 undefined',
      'view: steps 20',
      'view: evaluation 20 3 true',
      `report {${line(20)},"validation_loss":3}`,
      'view: logged 20 3',
      'sample 20 a text',
      'view: sample 20 a text',
      'view: skipped 21',
      'view: steps 30',
      `report {${line(30)}}`,
      'view: logged 30 undefined',
      `save, keep ${record.setup.keep}`,
      'view: saved 30',
    ]);
    for (const entry of background) expect(log).toContain(entry);
  });

  it('keeps the best model only where it is one', async () => {
    const { log, options } = noting();
    await followRun(told(steps(10), evaluation(10, false), saved(10)), options);
    expect(log.filter((entry) => entry.startsWith('best'))).toEqual([]);
  });

  it('waits for what is under way before it tells of what broke', async () => {
    const { log, options } = noting();
    async function* breaking(): AsyncGenerator<TrainingEvent> {
      yield saved(10);
      throw new Error('the GPU was lost');
    }
    await expect(followRun(breaking(), options)).rejects.toThrow('the GPU was lost');
    expect(log).toContain('view: saved 10');
  });

  it('tells what could not be kept', async () => {
    const { options } = noting();
    const run = { ...options.run, save: () => Promise.reject(new Error('the disk is full')) };
    await expect(followRun(told(saved(10), steps(20)), { ...options, run })).rejects.toThrow('the disk is full');
  });
});
