import { type Contestant, typescriptSide } from '../common/contestants.ts';

/** Turns of sides that take many times as long as the others: their medians need no more. */
const fewTurns = 3;

/**
 * The libraries of JavaScript that can train, as sides of the comparison of training a workload; each says of itself when it starts
 * that it is missing, and how to get it.
 */
export function javascriptSides(folder: string): Contestant[] {
  return [
    { side: 'jax-js', label: 'jax-js', script: new URL('./jax-js.ts', import.meta.url) },
    { side: 'tfjs', label: 'TensorFlow.js', script: new URL('./tfjs.ts', import.meta.url) },
  ].map(({ script, ...side }) => ({ ...side, command: typescriptSide(script, [folder]), turns: fewTurns }));
}
