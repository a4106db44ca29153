import { emit } from '../emit.ts';
import { input } from '../leaves.ts';
import type { Body, Value } from '../value.ts';

/**
 * A value carried from one turn of a loop to the next. `formal` is the leaf that stands for it inside the body: an input made for
 * this, or a parameter, so that a model becomes trainable inside a loop without being rewritten.
 */
export interface LoopState {
  readonly formal: Value;
  readonly initial: Value;
  readonly next: Value;
}

export interface LoopResult {
  /** Each state after the last turn. */
  readonly states: readonly Value[];
  /** Each output of every turn, stacked along a new first axis. */
  readonly outputs: readonly Value[];
}

export interface ScanOptions {
  readonly states: readonly LoopState[];
  /** Tensors taken apart along their first axis: `formal` is one element. At least one. */
  readonly sequences: readonly { readonly formal: Value; readonly sequence: Value }[];
  /** Values of the body to collect, one a turn. */
  readonly outputs: readonly Value[];
}

/**
 * Runs a body once for each element of the sequences, carrying states along. The body is whatever its outputs reach that depends on
 * the formal inputs; everything else stays outside and is computed once. ONNX Scan-16.
 */
export function scan({ states, sequences, outputs }: ScanOptions): LoopResult {
  const body: Body = {
    inputs: [...states.map(({ formal }) => formal), ...sequences.map(({ formal }) => formal)],
    outputs: [...states.map(({ next }) => next), ...outputs],
  };
  const inputs = [...states.map(({ initial }) => initial), ...sequences.map(({ sequence }) => sequence)];
  const values = emit('Scan', inputs, { num_scan_inputs: sequences.length }, { body });
  return { states: values.slice(0, states.length), outputs: values.slice(states.length) };
}

export interface LoopOptions {
  /** How many turns: an int64 scalar. */
  readonly count: Value;
  /** The symbol that names this number in the shapes of the outputs. */
  readonly turns: string;
  readonly states: readonly LoopState[];
  readonly outputs: readonly Value[];
  /** The leaf that stands for the number of the turn, from 0: an int64 scalar (see `turnNumber`). */
  readonly turn: Value;
  /** Whether to go on after this turn: a bool scalar. Unless told, all turns are made. */
  readonly goOn?: Value | undefined;
  /** Whether to begin at all: a bool scalar. Unless told, yes. */
  readonly begins?: Value | undefined;
}

/** A leaf to stand for the number of a loop's turn. */
export function turnNumber(): Value {
  return input('turn', 'int64', []);
}

/**
 * Repeats a body, carrying states along, whose shapes may change from turn to turn (the formal's symbols then stand for any length).
 * ONNX Loop-16.
 */
export function loop({ count, turns, states, outputs, turn, goOn, begins }: LoopOptions): LoopResult {
  const condition = input('condition', 'bool', []);
  const body: Body = {
    inputs: [turn, condition, ...states.map(({ formal }) => formal)],
    outputs: [goOn ?? condition, ...states.map(({ next }) => next), ...outputs],
  };
  const inputs = [count, begins, ...states.map(({ initial }) => initial)];
  const values = emit('Loop', inputs, { lengths: [turns] }, { body });
  return { states: values.slice(0, states.length), outputs: values.slice(states.length) };
}
