import { statSync } from 'node:fs';
import type { Command } from 'commander';
import type { CommandDefinition } from '../command.ts';
import type { InspectOptions } from '../inspect/inspect-model-file.ts';
import { addJsonOption } from '../options.ts';

export const inspectCommand: CommandDefinition = {
  name: 'inspect',
  description: 'show what is in an .onnx file or a model directory',
  register,
};

function register(command: Command): void {
  command
    .argument('<source>', 'an .onnx or .safetensors file of any tool, or a model directory')
    .option('--parameters', 'show each stored tensor with its mean, standard deviation, minimum and maximum')
    .option('--nodes', 'print the graph, one line per node');
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

A file does not say which of its tensors are parameters: tensors of one element, and those of type int64, bool or string
(shapes, axes, indices), count as constants. If a file can be read but something is wrong, that is listed as problems.`,
    )
    .action((source: string, options: Omit<InspectOptions, 'source'>) => inspect({ ...options, source }));
}

/**
 * Prints what is in a file or a model directory. Only the modules for that kind of file are loaded.
 */
async function inspect(options: InspectOptions): Promise<void> {
  const { source, parameters = false, json = false } = options;
  const print = <Report>(report: Report, format: (report: Report) => string): void => {
    process.stdout.write(`${json ? JSON.stringify(report, null, 2) : format(report)}\n`);
  };
  if (statSync(source, { throwIfNoEntry: false })?.isDirectory() === true) {
    const { formatDirectory, inspectDirectory } = await import('../inspect/inspect-directory.ts');
    print(await inspectDirectory(source), formatDirectory);
  } else if (source.endsWith('.safetensors')) {
    const { formatSafetensors, inspectSafetensors } = await import('../inspect/inspect-safetensors.ts');
    print(await inspectSafetensors(source, parameters), (report) => formatSafetensors(report, parameters));
  } else {
    const { inspectFile } = await import('../inspect/inspect-model-file.ts');
    const { formatFile } = await import('../inspect/format-inspection.ts');
    print(await inspectFile(options), (report) => formatFile(report, parameters));
  }
}
