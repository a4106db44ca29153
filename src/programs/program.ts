import type { ModelConfig } from '../../models/model.ts';
import type { Graph, NamedValue } from '../graph/index.ts';

/** What a graph is for. */
export type ProgramName = 'forward' | 'decode' | 'generate' | 'evaluate' | 'train';

/** An output that is the next run's input. */
export interface StatePair {
  readonly input: string;
  readonly output: string;
}

/** A graph that says what it is: everything needed to run it, except the weights. */
export interface Program {
  readonly name: ProgramName;
  readonly config: ModelConfig;
  readonly graph: Graph;
  readonly state: readonly StatePair[];
}

/** The name under which the next run's value of an input leaves. */
export function nextName(input: string): string {
  return `next.${input}`;
}

/** State pairs for values that were named with `nextName`. */
export function statePairs(values: readonly NamedValue[]): StatePair[] {
  return values.map(({ name }) => ({ input: name, output: nextName(name) }));
}
