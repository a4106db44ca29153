import { type Command, Option } from 'commander';
import {
  addJsonOption,
  addRunningOptions,
  opset,
  type ProgramName,
  programList,
  type RunningOptions,
  seed,
} from './options.ts';

/** What `export` takes. */
export interface ExportOptions extends RunningOptions {
  /** A model's name on the ladder, or a model or run directory; unset is every model of the ladder. */
  readonly source: string | undefined;
  /** The folder to write into. */
  readonly out?: string;
  /** The text whose characters are the vocabulary of an untrained model; unset is the embedded corpus. */
  readonly data?: string;
  /** The programs to write; unset is all of them. */
  readonly program?: readonly ProgramName[];
  readonly opset: number;
  readonly dtype: 'fp32';
  readonly format: 'onnx';
  /** What the weights of an untrained model start from. */
  readonly seed?: number;
  /** Values inside the model that become outputs of the forward program. */
  readonly taps?: 'attention';
  readonly json?: boolean;
}

/** Gives `export` its options; what it does is in actions/export.ts. */
export function register(command: Command): void {
  command
    .argument('[source]', 'a model of the ladder, or a model or run directory (default: every model)')
    .option('--out <directory>', 'the folder to write into (default: out, or the model directory)')
    .option('--data <file>', 'the text whose characters an untrained model knows (default: the embedded corpus)')
    .option(
      '--program <names>',
      'forward, decode, generate, evaluate, train, with commas between (default: all)',
      programList,
    )
    .option('--opset <number>', 'version of the operators, 17 or newer', opset, 18)
    .addOption(new Option('--dtype <type>', 'type of the weights').choices(['fp32']).default('fp32'))
    .addOption(new Option('--format <format>', 'kind of folder').choices(['onnx']).default('onnx'))
    .option('--seed <number>', 'what the weights of an untrained model start from', seed)
    .addOption(
      new Option('--taps <value>', 'values inside the model as further outputs of forward').choices(['attention']),
    );
  addJsonOption(command);
  addRunningOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu export
  trilu export gpt-nano --program forward,decode --opset 17
  trilu export runs/book --taps attention`,
    )
    .action(async (source: string | undefined, options: Omit<ExportOptions, 'source'>) => {
      const { runExport } = await import('./actions/export.ts');
      await runExport({ ...options, source });
    });
}
