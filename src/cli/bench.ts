import { Argument, type Command } from 'commander';
import { addJsonOption, positiveInteger } from './options.ts';

/** What `bench` takes. */
export interface BenchOptions {
  /** What is measured. */
  readonly subject: 'train' | 'generate' | 'web';
  /** The model of the ladder that is measured; unset is gpt-nano. */
  readonly model?: string;
  /** How often the sides take turns. */
  readonly rounds?: number;
  /** CPU threads of each side; unset measures with 1 and with 2. */
  readonly threads?: number;
  /** In which precision trilu's generate program is measured besides float32; unset is none. */
  readonly dtype?: string;
  readonly json?: boolean;
}

/** Gives `bench` its options; what it does is in actions/bench.ts. */
export function register(command: Command): void {
  command
    .addArgument(new Argument('[subject]', 'what to measure').choices(['train', 'generate', 'web']).default('train'))
    .option('--model <name>', 'the model to measure (default: gpt-nano)')
    .option('--rounds <number>', 'how often the sides take turns', positiveInteger)
    .option('--threads <number>', 'CPU threads of each side', positiveInteger)
    .option('--dtype <name>', 'generate: another precision to measure besides fp32');
  addJsonOption(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu bench train
  trilu bench train --threads 1 --rounds 10 --json
  trilu bench generate --model gpt --threads 1 --dtype int8
  trilu bench web

train measures a training step side by side with PyTorch; generate measures writing one character after another, and
reading a whole block, side by side with PyTorch and llama.cpp; web opens gpt and trains a small model in Chromium.`,
    )
    .action(async (subject: BenchOptions['subject'], options: Omit<BenchOptions, 'subject'>) => {
      const { runBench } = await import('./actions/bench.ts');
      await runBench({ ...options, subject });
    });
}
