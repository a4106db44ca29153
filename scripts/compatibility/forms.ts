import { modelNames } from '../../models/index.ts';
import type { PrecisionOptions } from '../../src/export/precision/precision.ts';
import {
  type AttentionForm,
  type CacheForm,
  type ProgramName,
  programNames,
  type Sizes,
} from '../../src/programs/index.ts';
import { type TextGenerationForm, textGenerationForms } from '../../src/programs/text-generation-program.ts';

/** What `trilu export` is asked for; unset is the default. */
export interface FormOptions {
  readonly attention?: AttentionForm;
  readonly cache?: CacheForm;
  readonly precision?: PrecisionOptions;
  readonly sizes?: Sizes;
  readonly externalData?: boolean;
  readonly opset?: number;
  readonly taps?: 'attention';
  /** One of the characters that the models know. */
  readonly stop?: string;
  readonly characters?: boolean;
}

/** One kind of file that is exported. */
export interface Form {
  /** The heading that it stands under. */
  readonly section: string;
  /** A stage of the ladder. */
  readonly stage: string;
  /** A program, or a graph of a Hugging Face folder. */
  readonly file: ProgramName | TextGenerationForm;
  readonly options: FormOptions;
}

/** The graphs of a Hugging Face folder, by the names of their files. */
export const graphFiles: Readonly<Record<TextGenerationForm, string>> = { window: 'model', cache: 'model_cache' };

export function isTextGeneration(file: Form['file']): file is TextGenerationForm {
  return file === 'window' || file === 'cache';
}

/** What the user types to get a form, without the name of the model: `--attention fused`. */
export function argumentsOf({ stage, file, options }: Form): string {
  const { attention, cache, precision, sizes, externalData, opset, taps, stop, characters } = options;
  const given: readonly (readonly [option: string, value: string | number | boolean | undefined])[] = [
    ['format', isTextGeneration(file) ? 'hf' : undefined],
    ['taps', taps],
    ['attention', attention],
    ['cache', cache],
    ['dtype', precision?.dtype],
    ['quantized', precision?.form],
    ['static', sizes && `${sizes.batch},${sizes.time}`],
    ['external-data', externalData],
    ['opset', opset],
    ['stop', stop],
    ['characters', characters],
  ];
  const words = given.flatMap(([option, value]) =>
    value === undefined || value === false ? [] : [value === true ? `--${option}` : `--${option} ${value}`],
  );
  return [...(stage === 'gpt' ? [] : [stage]), ...words].join(' ');
}

/** All programs but the one that trains. */
const reading: readonly ProgramName[] = programNames.filter((name) => name !== 'train');

function gpt(section: string, files: readonly Form['file'][], options: FormOptions = {}): Form[] {
  return files.map((file) => ({ section, stage: 'gpt', file, options }));
}

const precisionForms: readonly PrecisionOptions[] = [
  { dtype: 'fp16' },
  { dtype: 'int8' },
  { dtype: 'int8', form: 'matmulnbits' },
  { dtype: 'int8', form: 'matmulinteger' },
  { dtype: 'int4' },
  { dtype: 'int4', form: 'matmulnbits' },
];

/** Every form that there is to try: each option against the default, not all of them with each other. */
export const forms: readonly Form[] = [
  ...gpt('Programs', programNames),
  ...gpt('Programs', ['forward'], { taps: 'attention' }),
  ...gpt('Programs', ['decode'], { cache: 'fixed' }),
  ...gpt('Programs', ['generate'], { stop: 'e' }),
  ...gpt('Programs', ['generate'], { characters: true }),
  ...gpt('Attention', reading, { attention: 'fused' }),
  ...gpt('Attention', ['decode'], { attention: 'fused', cache: 'fixed' }),
  ...gpt('Attention', reading, { attention: 'group-query' }),
  ...precisionForms.flatMap((precision) => gpt('Types of weights', reading, { precision })),
  ...gpt('Types of weights', ['decode'], { cache: 'fixed', precision: { dtype: 'fp16' } }),
  ...gpt('Types of weights', ['decode'], { cache: 'fixed', precision: { dtype: 'int8' } }),
  ...gpt('Sizes and weights', reading, { sizes: { batch: 2, time: 4 } }),
  ...gpt('Sizes and weights', ['decode'], { cache: 'fixed', sizes: { batch: 1, time: 1 } }),

  ...gpt('Sizes and weights', reading, { externalData: true }),
  ...gpt('Sizes and weights', reading, { externalData: true, precision: { dtype: 'int8' } }),
  ...[17, 21, 23, 24, 26].flatMap((opset) => gpt('Versions of the operators', programNames, { opset })),
  ...gpt('Hugging Face folder', textGenerationForms),
  ...precisionForms
    .filter(({ form }) => form === undefined)
    .flatMap((precision) => gpt('Hugging Face folder', textGenerationForms, { precision })),
  ...modelNames
    .filter((stage) => stage !== 'gpt')
    .flatMap((stage) =>
      [...programNames, ...textGenerationForms].map((file) => ({
        section: 'The ladder',
        stage,
        file,
        options: {},
      })),
    ),
];
