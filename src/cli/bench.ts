import { Argument, type Command } from 'commander';
import { addJsonOption, addRunningOptions, positiveInteger, type RunningOptions } from './options.ts';

/** What `bench` takes. */
export interface BenchOptions extends RunningOptions {
  /** What is measured. */
  readonly subject: 'train';
  /** The model of the ladder that is measured; unset is gpt-nano. */
  readonly model?: string;
  /** How often the two sides take turns. */
  readonly rounds?: number;
  readonly json?: boolean;
}

/** Gives `bench` its options; what it does is in actions/bench.ts. */
export function register(command: Command): void {
  command
    .addArgument(new Argument('[subject]', 'what to measure').choices(['train']).default('train'))
    .option('--model <name>', 'the model to measure (default: gpt-nano)')
    .option('--rounds <number>', 'how often the two sides take turns', positiveInteger);
  addJsonOption(command);
  addRunningOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu bench train
  trilu bench train --threads 1 --rounds 10 --json`,
    )
    .action(async (subject: BenchOptions['subject'], options: Omit<BenchOptions, 'subject'>) => {
      const { runBench } = await import('./actions/bench.ts');
      await runBench({ ...options, subject });
    });
}
