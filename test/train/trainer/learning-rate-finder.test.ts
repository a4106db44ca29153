import { describe, expect, it } from 'vitest';
import { open } from '../../../src/runtime/node/open.ts';
import { languageModelRun } from '../../../src/train/trainer/language-model.ts';
import {
  type RatePoint,
  suggestedLearningRate,
  tryLearningRates,
} from '../../../src/train/trainer/learning-rate-finder.ts';
import { smallRun } from './small-run.ts';

const environment = {
  open: (model: Uint8Array) => open(model, { device: 'cpu', worker: false, threads: 1 }),
};

/** A loss curve over rates from 1e-6 to 1: level, then falling around a rate, then rising. */
function curve(steepestAt: number): RatePoint[] {
  return Array.from({ length: 121 }, (_, index) => {
    const learningRate = 1e-6 * 10 ** (index / 20);
    return { step: index + 1, learningRate, loss: 4 - Math.tanh(Math.log10(learningRate / steepestAt)) };
  });
}

describe('the suggested learning rate', () => {
  it.each([1e-4, 1e-3, 1e-2])('is where the loss falls most steeply: %d', (steepest) => {
    expect(suggestedLearningRate(curve(steepest))).toBeCloseTo(steepest, 8);
  });

  it('is none where the loss falls nowhere', () => {
    expect(suggestedLearningRate(curve(1e-3).map((point) => ({ ...point, loss: 3 + point.step })))).toBeUndefined();
    expect(suggestedLearningRate([])).toBeUndefined();
  });
});

describe('trying learning rates', () => {
  it('rises geometrically from the lowest to the highest, a step each, and leaves the checkpoint as it was', async () => {
    const { checkpoint, tokens } = smallRun({ stepsPerRun: 7 });
    const { record, state } = checkpoint;
    const { model, ...rest } = record;
    const before = { record: { ...structuredClone(rest), model: model.with({}) }, state: structuredClone(state) };
    const points: RatePoint[] = [];
    const range = { lowest: 1e-5, highest: 1e-3, steps: 21 };
    for await (const point of tryLearningRates(languageModelRun(checkpoint, tokens, environment), range))
      points.push(point);
    expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
    for (const [index, { learningRate }] of points.entries()) {
      expect(learningRate).toBeCloseTo(1e-5 * 100 ** (index / 20), 8);
    }
    expect(checkpoint).toEqual(before);
  });

  it('ends where the loss runs away', async () => {
    const { checkpoint, tokens } = smallRun({ stepsPerRun: 10 });
    const points: RatePoint[] = [];
    const range = { lowest: 1e-4, highest: 1e6, steps: 200 };
    for await (const point of tryLearningRates(languageModelRun(checkpoint, tokens, environment), range))
      points.push(point);
    expect(points.length).toBeGreaterThan(20);
    expect(points.length).toBeLessThan(200);
    expect(points.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });

  it('ends when it is asked to', async () => {
    const { checkpoint, tokens } = smallRun({ stepsPerRun: 5 });
    const stop = new AbortController();
    let count = 0;
    const range = { lowest: 1e-5, highest: 1e-3, steps: 1000 };
    for await (const _ of tryLearningRates(languageModelRun(checkpoint, tokens, environment), range, stop.signal)) {
      count += 1;
      stop.abort();
    }
    expect(count).toBe(5);
  });
});
