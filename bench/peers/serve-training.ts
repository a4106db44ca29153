import { serveSide } from '../common/side.ts';
import type { WorkloadFiles } from './workload-files.ts';

/**
 * Answers `run N` with N steps, as every side of the comparison of training does.
 * @param about the library, in words
 * @param load makes the training ready; each call of what it returns makes a step and tells its loss
 */
export async function serveTraining(
  about: string,
  { stepsPerRun }: WorkloadFiles,
  load: () => Promise<() => Promise<number>>,
): Promise<void> {
  await serveSide(async () => {
    const step = await load();
    const run = async (steps: number): Promise<{ times: number[]; losses: number[] }> => {
      const [times, losses]: [number[], number[]] = [[], []];
      while (losses.length < steps) {
        const count = Math.min(stepsPerRun, steps - losses.length);
        const start = performance.now();
        for (let index = 0; index < count; index++) losses.push(await step());
        times.push((performance.now() - start) / count);
      }
      return { times, losses };
    };
    return { about, answers: { run } };
  });
}

/** Says that this side can't take part, and why, in one sentence; and ends. */
export function skip(skipped: string): never {
  process.stdout.write(`${JSON.stringify({ skipped })}\n`);
  process.exit(0);
}
