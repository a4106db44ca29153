import { UserError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { rowOf, stackRows } from './rows.ts';
import { RuntimeError } from './runtime-error.ts';
import type { ScanProgram } from './scan-program.ts';
import type { Tensor } from './tensor.ts';

/** Stands for the session itself among ONNX Runtime's names of providers. */
export const ownProvider = 'trilu';

/**
 * Runs a Scan that was taken apart: iteration by iteration, with all that is carried along staying where the device is.
 * @param iterations an engine of `program.iteration` that keeps its states and its stacked elements on the device
 */
export function scanEngine<Value>(iterations: Engine<Value>, program: ScanProgram): Engine<Value> {
  const { inputs, outputs, node } = program;
  return {
    ...iterations,
    inputs,
    outputs,
    run: (feeds) => runIterations(iterations, program, feeds),
    async placement() {
      const reason = 'the session runs its iterations itself, so that the carried values stay on the device';
      return [
        { node: node.name, operator: node.operator, provider: ownProvider, reason },
        ...(await iterations.placement()),
      ];
    },
  };
}

type Values<Value> = Readonly<Record<string, Value>>;

async function runIterations<Value>(
  iterations: Engine<Value>,
  { states, sequences, shared, stacked }: ScanProgram,
  feeds: Values<Value>,
): Promise<Values<Value>> {
  const release = (values: readonly Value[]): void => {
    for (const value of values) iterations.release(value);
  };
  const whole = await readSequences(iterations, sequences, feeds);
  const common = Object.fromEntries(shared.map((name) => [name, named(feeds, name)]));
  const initial = states.map(({ input }) => named(feeds, input));
  const elements = stacked.map((): Value[] => []);
  let carried: readonly Value[] = initial;
  try {
    for (let iteration = 0; iteration < iterationCount(whole); iteration += 1) {
      const made = await iterations.run({
        ...common,
        ...Object.fromEntries(whole.map(({ formal, tensor }) => [formal, iterations.upload(rowOf(tensor, iteration))])),
        ...Object.fromEntries(states.map(({ formal }, index) => [formal, at(carried, index)])),
      });
      if (carried !== initial) release(carried);
      carried = states.map(({ next }) => named(made, next));
      for (const [index, { element }] of stacked.entries()) elements[index]?.push(named(made, element));
    }
    const results: Record<string, Value> = {};
    // Read when all iterations are under way, so that none of them waits for the host.
    for (const [index, { output }] of stacked.entries()) {
      const rows: Tensor[] = [];
      for (const element of elements[index] ?? []) rows.push(await iterations.download(element));
      results[output] = iterations.upload(stackRows(rows));
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
  iterations: Engine<Value>,
  sequences: ScanProgram['sequences'],
  feeds: Values<Value>,
): Promise<Sequence[]> {
  const whole: Sequence[] = [];
  for (const { input, formal } of sequences) {
    whole.push({ input, formal, tensor: await iterations.download(named(feeds, input)) });
  }
  return whole;
}

/** How many elements every sequence has. @throws UserError when they differ or are none */
function iterationCount(sequences: readonly Sequence[]): number {
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
