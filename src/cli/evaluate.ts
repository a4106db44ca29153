import type { Command } from 'commander';
import { addJsonOption, addRunningOptions, addSplitOption, type RunningOptions, type Split } from './options.ts';

/** What `evaluate` takes. */
export interface EvaluateOptions extends RunningOptions {
  /** A model or run directory. */
  readonly source: string;
  /** The text file; unset is the embedded corpus. */
  readonly data?: string;
  readonly split: Split;
  readonly json?: boolean;
}

/** Gives `evaluate` its options; what it does is in actions/evaluate.ts. */
export function register(command: Command): void {
  command
    .argument('<source>', 'a model or run directory')
    .option('--data <file>', 'a UTF-8 text (default: the embedded corpus)');
  addSplitOption(command);
  addJsonOption(command);
  addRunningOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu evaluate runs/book --data book.txt
  trilu evaluate runs/book --data another.txt --split all --json

The loss is the mean cross-entropy in nats; with --json it is the key "loss" of one object.`,
    )
    .action(async (source: string, options: Omit<EvaluateOptions, 'source'>) => {
      const { runEvaluate } = await import('./actions/evaluate.ts');
      await runEvaluate({ ...options, source });
    });
}
