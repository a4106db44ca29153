import type { Declaration } from '../../onnx/declarations.ts';
import type { ModelInspection } from '../../onnx/inspection.ts';

/** What the metadata of a file written by trilu says of its program; empty for files of other tools. */
export interface InspectedProgram {
  /** `forward`, `decode`, `generate`, `evaluate` or `train`. */
  readonly name?: string;
  /** The model's configuration, with the keys of config.json. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The characters, in the order of their ids. */
  readonly vocabulary?: readonly string[];
  /** The tokenizer of a model of other tokens, as tokenizer.json has it. */
  readonly tokenizer?: Readonly<Record<string, unknown>>;
  /** The outputs that are inputs of the next run. */
  readonly state: readonly { readonly input: string; readonly output: string }[];
}

/** Reads the metadata; entries that can't be read are left out and added to `problems`. */
export function inspectedProgram(
  { metadata, inputs, outputs }: Pick<ModelInspection, 'metadata' | 'inputs' | 'outputs'>,
  problems: string[],
): InspectedProgram {
  const read = <Value>(key: string, fits: (value: unknown) => value is Value): Value | undefined => {
    const text = metadata[key];
    if (text === undefined) return undefined;
    const value = parsed(text);
    if (fits(value)) return value;
    problems.push(`The metadata entry ${key} can't be read: export the model again.`);
    return undefined;
  };
  const name = metadata['trilu.program'];
  const config = read('trilu.config', isRecord);
  const vocabulary = read('trilu.vocabulary', isTexts);
  const tokenizer = read('trilu.tokenizer', isRecord);
  const state = read('trilu.state', isState) ?? [];
  for (const pair of state) {
    const missing = missingFrom(inputs, pair.input) ?? missingFrom(outputs, pair.output);
    if (missing !== undefined) problems.push(`The state names ${missing}, which the graph lacks.`);
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(config === undefined ? {} : { config }),
    ...(vocabulary === undefined ? {} : { vocabulary }),
    ...(tokenizer === undefined ? {} : { tokenizer }),
    state,
  };
}

/** A configuration in one line: `gpt: 6 layers, 6 heads, 384 wide, block 256`. Missing entries are left out. */
export function configurationLine(config: Readonly<Record<string, unknown>>): string {
  const own = isRecord(config.trilu) ? config.trilu.model : undefined;
  const facts: readonly (readonly [key: string, words: (value: number) => string])[] = [
    ['n_layer', (value) => `${value} ${value === 1 ? 'layer' : 'layers'}`],
    ['n_head', (value) => `${value} ${value === 1 ? 'head' : 'heads'}`],
    ['n_embd', (value) => `${value} wide`],
    ['n_positions', (value) => `block ${value}`],
    ['vocab_size', (value) => `vocabulary ${value}`],
  ];
  const known = facts.flatMap(([key, words]) => {
    const value = config[key];
    return typeof value === 'number' ? [words(value)] : [];
  });
  return `${own ?? config.model_type ?? 'a model'}${known.length === 0 ? '' : `: ${known.join(', ')}`}`;
}

function missingFrom(values: readonly Declaration[], name: string): string | undefined {
  return values.some((value) => value.name === name) ? undefined : name;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function isState(value: unknown): value is InspectedProgram['state'] {
  return (
    Array.isArray(value) &&
    value.every((entry) => isRecord(entry) && typeof entry.input === 'string' && typeof entry.output === 'string')
  );
}
