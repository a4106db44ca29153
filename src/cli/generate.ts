import { type Command, Option } from 'commander';
import {
  addRunningOptions,
  nonNegativeInteger,
  nonNegativeNumber,
  positiveInteger,
  probability,
  type RunningOptions,
  seed,
} from './options.ts';

/** What `generate` takes. */
export interface GenerateOptions extends RunningOptions {
  /** A model or run directory, or an .onnx file. */
  readonly source: string;
  /** The text to continue, exactly; undefined when none was given, neither as an option nor on standard input. */
  readonly prompt: string | undefined;
  /** How many tokens to write. */
  readonly tokens: number;
  /** Takes the most probable token always. */
  readonly greedy?: boolean;
  /** Divides the logits; 0 is greedy. */
  readonly temperature?: number;
  /** How many of the most probable tokens take part; 0 is all. */
  readonly topK?: number;
  /** Which probability the most probable tokens that take part reach together; 1 is all. */
  readonly topP?: number;
  readonly seed?: number;
}

/** Gives `generate` its options; what it does is in actions/generate.ts. */
export function register(command: Command): void {
  command
    .argument('<source>', 'a model or run directory, or an .onnx file')
    .option('--prompt <text>', 'the text to continue; - reads it from standard input, as a pipe does without --prompt')
    .option('--tokens <number>', 'characters to write', positiveInteger, 500)
    .addOption(
      new Option('--greedy', 'always the most probable character').conflicts(['temperature', 'topK', 'topP', 'seed']),
    )
    .option('--temperature <number>', 'below 1 sharper, above 1 flatter (default: 1)', nonNegativeNumber)
    .option('--top-k <number>', 'only the k most probable characters (0 = all)', nonNegativeInteger)
    .option('--top-p <share>', 'only the most probable characters that reach p together (1 = all)', probability)
    .option('--seed <number>', 'what random numbers start from', seed);
  addRunningOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu generate runs/book --prompt "Call me" --tokens 300
  trilu generate runs/book/onnx/forward.onnx --prompt "The " --temperature 0.8 --top-k 40 --seed 7
  printf 'The whale' | trilu generate runs/book --greedy

The prompt and what follows it go to standard output, nothing else.`,
    )
    .action(async (source: string, { prompt, ...options }: Omit<GenerateOptions, 'source'>) => {
      const { readPrompt } = await import('./prompt.ts');
      const { runGenerate } = await import('./actions/generate.ts');
      await runGenerate({ ...options, source, prompt: await readPrompt(prompt) });
    });
}
