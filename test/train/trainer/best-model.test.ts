import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord } from '../../../src/train/trainer/record.ts';
import type { TrainingSetup } from '../../../src/train/trainer/setup.ts';
import { isOutOfPatience } from '../../../src/train/trainer/trainer.ts';
import { weightsOf } from '../../../src/train/trainer/training-state.ts';
import { eventsOf, lastCheckpoint, smallRun, trainerOf } from './small-run.ts';

/** A rate at which the small run overfits, or jumps about, within a few evaluations. */
const restless = { learningRate: 0.05, minimumLearningRate: 0.05, warmUp: 0, decaySteps: 1 };

async function run(settings: Partial<TrainingSetup>) {
  const { checkpoint, tokens } = smallRun({ schedule: restless, stepsPerRun: 5, evaluateEvery: 5, ...settings });
  const events = await eventsOf(trainerOf(checkpoint, tokens));
  const evaluations = events.flatMap((event) => (event.kind === 'evaluation' ? [event] : []));
  return { events, evaluations, last: lastCheckpoint(events), checkpoint, tokens };
}

describe('the best evaluation', () => {
  it('is each that is lower than all before it, and stands in the record', async () => {
    const { evaluations, last } = await run({ steps: 60 });
    let least = Number.POSITIVE_INFINITY;
    for (const { validationLoss, best } of evaluations) {
      expect(best).toBe(validationLoss < least);
      least = Math.min(least, validationLoss);
    }
    expect(evaluations.filter(({ best }) => best).length).toBeGreaterThan(1);
    expect(evaluations.filter(({ best }) => !best).length).toBeGreaterThan(1);
    const best = evaluations.find(({ validationLoss }) => validationLoss === least);
    expect(last.record.best).toEqual({ step: best?.step, validationLoss: least });
    expect(decodeRecord(encodeRecord(last.record), 'trainer.json').best).toEqual(last.record.best);
  });

  it('comes with the weights that were evaluated', async () => {
    const { evaluations, checkpoint, tokens } = await run({ steps: 10 });
    const { record } = checkpoint;
    const half = { ...checkpoint, record: { ...record, setup: { ...record.setup, steps: 5 } } };
    const { state } = lastCheckpoint(await eventsOf(trainerOf(half, tokens)));
    expect(evaluations[0]?.weights).toEqual(weightsOf(record.model, state));
  });

  it('is remembered over a resume: what is worse than before the break is not the best', async () => {
    const { checkpoint, tokens } = smallRun({ schedule: restless, stepsPerRun: 5, evaluateEvery: 5, steps: 5 });
    const { record, state } = lastCheckpoint(await eventsOf(trainerOf(checkpoint, tokens)));
    const unbeatable = { step: 3, validationLoss: 0 };
    const resumed = { record: { ...record, best: unbeatable, setup: { ...record.setup, steps: 15 } }, state };
    const events = await eventsOf(trainerOf(resumed, tokens));
    expect(events.flatMap((event) => (event.kind === 'evaluation' ? [event.best] : []))).toEqual([false, false]);
    expect(lastCheckpoint(events).record.best).toEqual(unbeatable);
  });
});

describe('patience', () => {
  it('ends a run after so many evaluations without a lower loss, with a checkpoint that says so', async () => {
    const { evaluations, events, last } = await run({ steps: 400, patience: 3 });
    const best = last.record.best?.step ?? 0;
    expect(last.record.step).toBe(best + 3 * 5);
    expect(last.record.step).toBeLessThan(400);
    expect(evaluations.slice(-3).map((evaluation) => evaluation.best)).toEqual([false, false, false]);
    expect(events.at(-1)).toMatchObject({ kind: 'checkpoint', end: 'patience' });
    expect(isOutOfPatience(last.record.step, last.record.best, last.record.setup)).toBe(true);
  });

  it('of 0 ends nothing', async () => {
    const { last, events } = await run({ steps: 60, patience: 0 });
    expect(last.record.step).toBe(60);
    expect(events.at(-1)).toMatchObject({ kind: 'checkpoint', end: 'steps' });
  });
});
