import type { Command } from 'commander';
import { addJsonOption } from './options.ts';

/** What `inspect` takes. */
export interface InspectOptions {
  /** An .onnx or .safetensors file, or a model or run directory. */
  readonly source: string;
  /** Whether each stored tensor is told, with what its numbers are like. */
  readonly parameters?: boolean;
  /** Whether the graph is printed. */
  readonly nodes?: boolean;
  readonly json?: boolean;
}

/** Gives `inspect` its options; what it does is in actions/inspect.ts. */
export function register(command: Command): void {
  command
    .argument('<source>', 'an .onnx or .safetensors file of any tool, or a model directory')
    .option('--parameters', 'a row for each stored tensor, with mean, deviation, smallest and largest number')
    .option('--nodes', 'print the graph, a line a node');
  addJsonOption(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu inspect out/gpt/generate.onnx
  trilu inspect out/gpt/forward.onnx --parameters
  trilu inspect out/gpt/decode.onnx --nodes | less
  trilu inspect runs/book
  trilu inspect out/gpt/train.onnx --json

A file does not say which of its tensors are parameters: those of one element, and those of int64, bool and string
(shapes, axes, indices), are counted as constants. What is wrong with a file that can be read is told as its problems.`,
    )
    .action(async (source: string, options: Omit<InspectOptions, 'source'>) => {
      const { runInspect } = await import('./actions/inspect.ts');
      await runInspect({ ...options, source });
    });
}
