import { Argument, type Command } from 'commander';
import { addJsonOption, positiveInteger } from './options.ts';

/** What `bench` takes. */
export interface BenchOptions {
  /** What is measured. */
  readonly subject: 'train' | 'web';
  /** The model of the ladder that is measured; unset is gpt-nano. */
  readonly model?: string;
  /** How often the two sides take turns. */
  readonly rounds?: number;
  /** CPU threads of each side; unset measures with 2 and with 1. */
  readonly threads?: number;
  readonly json?: boolean;
}

/** Gives `bench` its options; what it does is in actions/bench.ts. */
export function register(command: Command): void {
  command
    .addArgument(new Argument('[subject]', 'what to measure').choices(['train', 'web']).default('train'))
    .option('--model <name>', 'the model to measure (default: gpt-nano)')
    .option('--rounds <number>', 'how often the two sides take turns', positiveInteger)
    .option('--threads <number>', 'CPU threads of each side', positiveInteger);
  addJsonOption(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu bench train
  trilu bench train --threads 1 --rounds 10 --json
  trilu bench web

train measures a training step side by side with PyTorch; web opens gpt and trains a small model in Chromium.`,
    )
    .action(async (subject: BenchOptions['subject'], options: Omit<BenchOptions, 'subject'>) => {
      const { runBench } = await import('./actions/bench.ts');
      await runBench({ ...options, subject });
    });
}
