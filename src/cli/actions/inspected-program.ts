import type { Declaration } from '../../onnx/declarations.ts';
import type { ModelInspection } from '../../onnx/inspection.ts';

/** What a file of ours says of its program in its metadata; a file of another tool says nothing. */
export interface InspectedProgram {
  /** `forward`, `decode`, `generate`, `evaluate` or `train`. */
  readonly name?: string;
  /** The model's configuration, with the keys of config.json. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The characters in id order. */
  readonly vocabulary?: readonly string[];
  /** Outputs that are the inputs of the next run. */
  readonly state: readonly { readonly input: string; readonly output: string }[];
}

/** Reads the entries; what can't be read is left out and goes to `problems`. */
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
  const state = read('trilu.state', isState) ?? [];
  for (const pair of state) {
    const missing = lacks(inputs, pair.input) ?? lacks(outputs, pair.output);
    if (missing !== undefined) problems.push(`The state names ${missing}, which the graph lacks.`);
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(config === undefined ? {} : { config }),
    ...(vocabulary === undefined ? {} : { vocabulary }),
    state,
  };
}

/** A configuration in a line: `gpt: 6 layers, 6 heads, 384 wide, block 256`. What is not there is left out. */
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

function lacks(values: readonly Declaration[], name: string): string | undefined {
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
