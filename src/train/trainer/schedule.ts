/** How the learning rate goes: up in a line, down along half a cosine, and level from then on. */
export interface Schedule {
  /** The highest rate, reached after the warm-up. */
  readonly learningRate: number;
  /** Where the cosine ends. Equal to `learningRate`, the rate is constant after the warm-up. */
  readonly minimumLearningRate: number;
  /** Steps of the warm-up. */
  readonly warmUp: number;
  /**
   * The step at which the cosine ends. It does not follow from the number of steps trained, so that a run that is continued
   * beyond its first goal is the same run as one that had the further goal from the start.
   */
  readonly decaySteps: number;
}

/** The learning rate of a step, counted from 0, as nanoGPT schedules it. */
export function learningRateAt(
  step: number,
  { learningRate, minimumLearningRate, warmUp, decaySteps }: Schedule,
): number {
  if (step < warmUp) return (learningRate * (step + 1)) / (warmUp + 1);
  if (step >= decaySteps) return minimumLearningRate;
  const progress = (step - warmUp) / (decaySteps - warmUp);
  return minimumLearningRate + 0.5 * (1 + Math.cos(Math.PI * progress)) * (learningRate - minimumLearningRate);
}
