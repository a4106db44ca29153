import { type Command, Option } from 'commander';
import {
  addJsonOption,
  addRunningOptions,
  opset,
  type ProgramName,
  programList,
  type RunningOptions,
  type SizePair,
  seed,
  sizePair,
} from './options.ts';

/** What `export` takes. */
export interface ExportOptions extends RunningOptions {
  /** A model's name on the ladder, or a model or run directory; unset is every model of the ladder. */
  readonly source: string | undefined;
  /** The folder to write into. */
  readonly out?: string;
  /** The text whose characters an untrained model knows, and on which a trained one's loss is measured; unset is the embedded corpus. */
  readonly data?: string;
  /** The programs to write; unset is all that there are in the form asked for. */
  readonly program?: readonly ProgramName[];
  /** Unset is 18, or the lowest that the form needs. */
  readonly opset?: number;
  readonly dtype: 'fp32' | 'fp16' | 'int8' | 'int4';
  /** How int8 and int4 are written. */
  readonly quantized?: 'qdq' | 'matmulnbits' | 'matmulinteger';
  readonly format: 'onnx' | 'hf';
  /** Which graph of a Hugging Face folder is `onnx/model.onnx`. */
  readonly main?: 'window' | 'cache';
  /** How attention is computed. */
  readonly attention?: 'trilu' | 'fused' | 'group-query';
  /** How the decode program keeps what it has read. */
  readonly cache?: 'grown' | 'fixed';
  /** Sizes of tokens that are numbers in the files. */
  readonly static?: SizePair;
  /** Whether the large weights go into a file of their own beside each program. */
  readonly externalData?: boolean;
  /** The character that ends a text in the generate program. */
  readonly stop?: string;
  /** Whether the generate program takes and gives characters. */
  readonly characters?: boolean;
  /** What the weights of an untrained model start from. */
  readonly seed?: number;
  /** Values inside the model that become outputs of the forward program. */
  readonly taps?: 'attention';
  readonly json?: boolean;
}

/** Gives `export` its options; what it does is in actions/export.ts. */
export function register(command: Command): void {
  const choice = (flags: string, description: string, choices: readonly string[]): Option =>
    new Option(flags, description).choices(choices);
  command
    .argument('[source]', 'a model of the ladder, or a model or run directory (default: every model)')
    .option('--out <directory>', 'the folder to write into (default: out, or the model directory)')
    .option('--data <file>', 'the text that an untrained model knows the characters of, and a loss is measured on')
    .option(
      '--program <names>',
      'forward, decode, generate, evaluate, train, with commas between (default: all)',
      programList,
    )
    .option('--opset <number>', 'version of the operators, 17 or newer (default: 18, or what the form needs)', opset)
    .addOption(choice('--dtype <type>', 'type of the weights', ['fp32', 'fp16', 'int8', 'int4']).default('fp32'))
    .addOption(
      choice('--quantized <form>', 'how int8 and int4 are computed (default: qdq, which every tool reads)', [
        'qdq',
        'matmulnbits',
        'matmulinteger',
      ]),
    )
    .addOption(choice('--format <format>', 'kind of folder', ['onnx', 'hf']).default('onnx'))
    .addOption(
      choice('--main <graph>', 'which graph of an hf folder is model.onnx (default: window)', ['window', 'cache']),
    )
    .addOption(
      choice('--attention <form>', 'how attention is computed (default: trilu)', ['trilu', 'fused', 'group-query']),
    )
    .addOption(choice('--cache <form>', "the decode program's cache (default: grown)", ['grown', 'fixed']))
    .option('--static <batch,time>', 'sizes that are numbers in the files, for tools that know no symbols', sizePair)
    .option('--external-data', 'put the weights into a file of their own beside each program')
    .option('--stop <character>', 'the character that ends a text in generate')
    .option('--characters', 'let generate take and give characters instead of ids')
    .option('--seed <number>', 'what the weights of an untrained model start from', seed)
    .addOption(choice('--taps <value>', 'values inside the model as further outputs of forward', ['attention']));
  addJsonOption(command);
  addRunningOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu export
  trilu export gpt-nano --program forward,decode --opset 17
  trilu export runs/book --taps attention
  trilu export runs/book --dtype int8 --data book.txt
  trilu export runs/book --format hf
  trilu export runs/book --program decode --attention fused --cache fixed --static 1,1

A trained model in another --dtype is measured beside float32 on the validation part of --data. The train program
exists in float32 with the mask of Trilu, Where and Softmax only; it is left out where something else is asked for.`,
    )
    .action(async (source: string | undefined, options: Omit<ExportOptions, 'source'>) => {
      const { runExport } = await import('./actions/export.ts');
      await runExport({ ...options, source });
    });
}
