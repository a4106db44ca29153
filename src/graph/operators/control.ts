import { type Dimension, type Shape, sameShape } from '../dimensions.ts';
import { emit } from '../emit.ts';
import { input } from '../leaves.ts';
import type { Body, Operator, OutputType, Value } from '../value.ts';

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

function bodyOf(call: { readonly bodies: Readonly<Record<string, Body>> }): Body {
  const body = call.bodies.body;
  if (body === undefined) throw new Error('the body is missing');
  return body;
}

function mustCarry(formal: Value | undefined, value: Value | undefined, what: string, fits: typeof sameShape): void {
  if (formal === undefined || value === undefined) throw new Error(`${what} is missing`);
  if (formal.type !== value.type || !fits(formal.shape, value.shape)) {
    throw new Error(`${what} is ${value}, but inside the body it is ${formal}`);
  }
}

/** Whether a formal's shape allows another: its symbols stand for any length, its numbers for themselves. */
function allows(formal: Shape, shape: Shape): boolean {
  const fits = (dimension: Dimension, axis: number): boolean =>
    typeof dimension === 'string' || dimension === shape[axis];
  return formal.length === shape.length && formal.every(fits);
}

const scanOperator: Operator = {
  name: 'Scan',
  since: 16,
  attributes: { num_scan_inputs: 'int' },
  infer: (call) => {
    const body = bodyOf(call);
    const sequences = Number(call.attributes.num_scan_inputs);
    const states = body.inputs.length - sequences;
    const [length] = call.inputs[states]?.shape ?? [];
    if (sequences < 1 || length === undefined) throw new Error('there is no sequence to take elements from');
    for (let index = 0; index < states; index++) {
      mustCarry(body.inputs[index], call.inputs[index], `state ${index} at the start`, sameShape);
      mustCarry(body.inputs[index], body.outputs[index], `state ${index} after a turn`, sameShape);
    }
    for (let index = states; index < body.inputs.length; index++) {
      const [formal, sequence] = [body.inputs[index], call.inputs[index]];
      if (formal === undefined || sequence === undefined) throw new Error(`sequence ${index - states} is missing`);
      if (formal.type !== sequence.type || !sameShape([length, ...formal.shape], sequence.shape)) {
        throw new Error(`sequence ${index - states} is ${sequence}, but one element of it is ${formal}`);
      }
    }
    return body.outputs.map(({ type, shape }, index) => ({ type, shape: index < states ? shape : [length, ...shape] }));
  },
};

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
  const values = emit(scanOperator, inputs, { num_scan_inputs: sequences.length }, { body });
  return { states: values.slice(0, states.length), outputs: values.slice(states.length) };
}

const loopOperator: Operator = {
  name: 'Loop',
  since: 16,
  infer: (call): OutputType[] => {
    const body = bodyOf(call);
    const states = body.inputs.length - 2;
    for (let index = 0; index < states; index++) {
      mustCarry(body.inputs[index + 2], call.inputs[index + 2], `state ${index} at the start`, allows);
      mustCarry(body.inputs[index + 2], body.outputs[index + 1], `state ${index} after a turn`, allows);
    }
    const [turns = 'turns'] = (call.attributes.lengths as Shape | undefined) ?? [];
    return body.outputs.slice(1).map(({ type, shape }, index) => ({
      type,
      shape: index < states ? (body.inputs[index + 2]?.shape ?? shape) : [turns, ...shape],
    }));
  },
};

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
  const values = emit(loopOperator, inputs, { lengths: [turns] }, { body });
  return { states: values.slice(0, states.length), outputs: values.slice(states.length) };
}
