import { UserError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { RuntimeError } from './errors.ts';
import { rowOf, stackRows } from './rows.ts';
import type { ScanProgram } from './scan-program.ts';
import type { Tensor } from './tensor.ts';

/** Stands for the session itself among ONNX Runtime's names of providers. */
export const ownProvider = 'trilu';

/**
 * Runs a Scan that was taken apart: turn by turn, with all that is carried along staying where the device is.
 * @param turns an engine of `program.turn` that keeps its states and its stacked elements on the device
 */
export function scanEngine<Value>(turns: Engine<Value>, program: ScanProgram): Engine<Value> {
  const { inputs, outputs, node } = program;
  return {
    ...turns,
    inputs,
    outputs,
    run: (feeds) => runTurns(turns, program, feeds),
    async placement() {
      const reason = 'the session itself makes its turns, so that what is carried along stays on the device';
      return [
        { node: node.name, operator: node.operator, provider: ownProvider, reason },
        ...(await turns.placement()),
      ];
    },
  };
}

type Values<Value> = Readonly<Record<string, Value>>;

async function runTurns<Value>(
  turns: Engine<Value>,
  { states, sequences, shared, stacked }: ScanProgram,
  feeds: Values<Value>,
): Promise<Values<Value>> {
  const release = (values: readonly Value[]): void => {
    for (const value of values) turns.release(value);
  };
  const whole = await readSequences(turns, sequences, feeds);
  const common = Object.fromEntries(shared.map((name) => [name, named(feeds, name)]));
  const initial = states.map(({ input }) => named(feeds, input));
  const elements = stacked.map((): Value[] => []);
  let carried: readonly Value[] = initial;
  try {
    for (let turn = 0; turn < turnCount(whole); turn += 1) {
      const made = await turns.run({
        ...common,
        ...Object.fromEntries(whole.map(({ formal, tensor }) => [formal, turns.upload(rowOf(tensor, turn))])),
        ...Object.fromEntries(states.map(({ formal }, index) => [formal, at(carried, index)])),
      });
      if (carried !== initial) release(carried);
      carried = states.map(({ next }) => named(made, next));
      for (const [index, { element }] of stacked.entries()) elements[index]?.push(named(made, element));
    }
    const results: Record<string, Value> = {};
    // Read when all turns are under way, so that none of them waits for the host.
    for (const [index, { output }] of stacked.entries()) {
      const rows: Tensor[] = [];
      for (const element of elements[index] ?? []) rows.push(await turns.download(element));
      results[output] = turns.upload(stackRows(rows));
    }
    for (const [index, { output }] of states.entries()) results[output] = at(carried, index);
    return results;
  } catch (error) {
    // What came in is still the caller's; what was made on the way is nobody's.
    if (carried !== initial) release(carried);
    throw error;
  } finally {
    for (const values of elements) release(values);
  }
}

interface Sequence {
  readonly input: string;
  readonly formal: string;
  readonly tensor: Tensor;
}

async function readSequences<Value>(
  turns: Engine<Value>,
  sequences: ScanProgram['sequences'],
  feeds: Values<Value>,
): Promise<Sequence[]> {
  const whole: Sequence[] = [];
  for (const { input, formal } of sequences) {
    whole.push({ input, formal, tensor: await turns.download(named(feeds, input)) });
  }
  return whole;
}

/** How many elements every sequence has. @throws UserError when they differ or are none */
function turnCount(sequences: readonly Sequence[]): number {
  const [first] = sequences;
  const count = first?.tensor.shape[0] ?? 0;
  if (count === 0) throw new UserError(`Input "${first?.input}" must have at least one element along its first axis.`);
  for (const { input, tensor } of sequences) {
    if (tensor.shape[0] === count) continue;
    throw new UserError(
      `Input "${input}" has ${tensor.shape[0]} elements along its first axis, but input "${first?.input}" has ${count}.`,
    );
  }
  return count;
}

function named<Value>(values: Values<Value>, name: string): Value {
  const value = values[name];
  if (value === undefined) throw new RuntimeError('run', `The model lacks the value "${name}" that its Scan needs.`);
  return value;
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new RuntimeError('run', 'The model lacks a value that its Scan carries along.');
  return item;
}
