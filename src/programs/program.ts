import type { Graph, NamedValue } from '../graph/index.ts';
import type { ConfiguredModel } from '../model/index.ts';

/** All programs, in the order in which tables list them. */
export const programNames = ['forward', 'decode', 'generate', 'evaluate', 'train'] as const;

/** What a graph is for. */
export type ProgramName = (typeof programNames)[number];

/** An output that is the next run's input. */
export interface StatePair {
  readonly input: string;
  readonly output: string;
}

/** A graph that says what it is: everything needed to run it, except the weights. */
export interface Program {
  readonly name: ProgramName;
  readonly model: ConfiguredModel;
  readonly graph: Graph;
  readonly state: readonly StatePair[];
  /** What a train program's optimizer is called. */
  readonly optimizer?: string;
}

/** The name under which the next run's value of an input leaves. */
export function nextName(input: string): string {
  return `next.${input}`;
}

/** State pairs for values that were named with `nextName`. */
export function statePairs(values: readonly NamedValue[]): StatePair[] {
  return values.map(({ name }) => ({ input: name, output: nextName(name) }));
}
