import type { Schedule } from './schedule.ts';
import type { TrainingSetup } from './setup.ts';

/** What may be said of a training beside what a model is known to learn well with. */
export interface SetupChanges extends Partial<Omit<TrainingSetup, 'schedule'>> {
  /** The highest learning rate; the lowest keeps its proportion to it. */
  readonly learningRate?: number;
  readonly schedule?: Partial<Schedule>;
}

/** A setup with changes. The learning rate's way is fitted to the steps: it ends with them, and the warm-up is a tenth of them at most. */
export function setupWith(setup: TrainingSetup, changes: SetupChanges): TrainingSetup {
  const { learningRate = setup.schedule.learningRate, schedule, ...others } = changes;
  const { steps, ...rest } = { ...setup, ...given(others) };
  const { minimumLearningRate, warmUp } = setup.schedule;
  return {
    ...rest,
    steps,
    schedule: {
      learningRate,
      minimumLearningRate: learningRate * (minimumLearningRate / setup.schedule.learningRate),
      warmUp: Math.min(warmUp, Math.floor(steps / 10)),
      decaySteps: steps,
      ...schedule,
    },
  };
}

/** Only the entries that are there: an option that is undefined was not given. */
function given<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
