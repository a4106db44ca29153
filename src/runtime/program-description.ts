import * as v from 'valibot';
import { UserError } from '../errors.ts';
import type { ModelSummary } from '../onnx/metadata.ts';
import type { OpenOptions, ProgramDescription, StatePair, ValueDescription } from './session.ts';

const stateSchema = v.array(v.object({ input: v.string(), output: v.string() }));
const configSchema = v.record(v.string(), v.unknown());
const vocabularySchema = v.array(v.string());

/**
 * Puts together what a model file says of itself (DESIGN: metadata_props `trilu.*`) and what its graph declares.
 * @throws UserError when a `trilu.*` entry can't be read, or the state names inputs or outputs that the graph lacks
 */
export function describeProgram(
  summary: ModelSummary,
  inputs: readonly ValueDescription[],
  outputs: readonly ValueDescription[],
): ProgramDescription {
  const { metadata, opsets } = summary;
  const program = metadata['trilu.program'];
  const config = entry(metadata, 'trilu.config', configSchema);
  const vocabulary = entry(metadata, 'trilu.vocabulary', vocabularySchema);
  const state = readState(summary);
  for (const pair of state) {
    checkName('input', pair.input, inputs);
    checkName('output', pair.output, outputs);
  }
  return {
    ...(program === undefined ? {} : { program }),
    ...(config === undefined ? {} : { config }),
    ...(vocabulary === undefined ? {} : { vocabulary }),
    state,
    inputs,
    outputs,
    metadata,
    opset: opsets[''] ?? 0,
  };
}

/** The state pairs that a model file names in its metadata; none unless it does. @throws UserError when they can't be read */
export function readState({ metadata }: ModelSummary): readonly StatePair[] {
  return entry(metadata, 'trilu.state', stateSchema) ?? [];
}

/**
 * Adds the session options that suit a program. Training is opened without ONNX Runtime's memory pattern, which keeps the memory of the
 * first run beside what it then plans: a training step peaks at 1.5 times the memory with it, and is no faster.
 */
export function withProgramDefaults({ metadata }: ModelSummary, options: OpenOptions): OpenOptions {
  if (metadata['trilu.program'] !== 'train') return options;
  return { ...options, sessionOptions: { enableMemPattern: false, ...options.sessionOptions } };
}

function entry<Output>(
  metadata: Readonly<Record<string, string>>,
  key: string,
  schema: v.GenericSchema<unknown, Output>,
): Output | undefined {
  const text = metadata[key];
  if (text === undefined) return undefined;
  try {
    return v.parse(schema, JSON.parse(text));
  } catch (error) {
    throw new UserError(`The model's metadata entry "${key}" can't be read: export the model again.`, { cause: error });
  }
}

function checkName(kind: 'input' | 'output', name: string, values: readonly ValueDescription[]): void {
  if (values.some((value) => value.name === name)) return;
  throw new UserError(
    `The model's metadata names the state ${kind} "${name}", which its graph lacks: export it again.`,
  );
}
