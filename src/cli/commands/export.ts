import { type Command, Option } from 'commander';
import type { CommandDefinition } from '../command.ts';
import type { ExportOptions } from '../export/export-options.ts';
import { addJsonOption, addModelOption, addRunningOptions, opset, programList, seed, sizePair } from '../options.ts';

export const exportCommand: CommandDefinition = {
  name: 'export',
  description: 'write models as .onnx files',
  register,
};

function register(command: Command): void {
  const choice = (flags: string, description: string, choices: readonly string[]): Option =>
    new Option(flags, description).choices(choices);
  command
    .argument(
      '[source]',
      'a model of the ladder, a module that exports `model`, or a model or run directory (default: every model)',
    )
    .option('--out <directory>', 'the folder to write into (default: out, or the model directory)')
    .option('--data <file>', 'the text whose characters an untrained model gets, and on which a loss is measured')
    .option(
      '--program <names>',
      'forward, decode, generate, evaluate, train, separated by commas (default: all)',
      programList,
    )
    .option(
      '--opset <number>',
      'version of the ONNX operators, 17 or newer (default: 18, or higher where another option needs it)',
      opset,
    )
    .addOption(choice('--dtype <type>', 'data type of the weights', ['fp32', 'fp16', 'int8', 'int4']).default('fp32'))
    .addOption(
      choice('--quantized <form>', 'form of int8 and int4 weights (default: qdq, which every tool reads)', [
        'qdq',
        'matmulnbits',
        'matmulinteger',
      ]),
    )
    .addOption(
      choice('--format <format>', 'onnx files alone, or a Hugging Face folder (hf)', ['onnx', 'hf']).default('onnx'),
    )
    .addOption(
      choice('--main <graph>', 'which graph becomes model.onnx in an hf folder (default: window)', ['window', 'cache']),
    )
    .addOption(choice('--attention <form>', 'form of attention (default: trilu)', ['trilu', 'fused', 'group-query']))
    .addOption(
      choice('--cache <form>', 'cache of the decode program: grows, or has a fixed size (default: grown)', [
        'grown',
        'fixed',
      ]),
    )
    .option(
      '--static <batch,time>',
      'fixed sizes in place of symbolic ones, for tools without dynamic shapes',
      sizePair,
    )
    .option('--external-data', 'write the weights of each program to a separate file beside it')
    .option('--stop <character>', 'the character that ends a text in the generate program')
    .option('--characters', 'let the generate program take and return characters instead of ids')
    .option('--seed <number>', 'the seed of the weights of an untrained model', seed)
    .addOption(choice('--taps <value>', 'inner values as additional outputs of the forward program', ['attention']));
  addModelOption(command);
  addJsonOption(command);
  addRunningOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu export
  trilu export gpt-nano --program forward,decode --opset 17
  trilu export ./my-model.js --data book.txt
  trilu export runs/book --taps attention
  trilu export runs/book --dtype int8 --data book.txt
  trilu export runs/book --format hf
  trilu export runs/book --program decode --attention fused --cache fixed --static 1,1

With a --dtype other than fp32, the loss of a trained model is measured on the validation part of --data, in that type
and in fp32. The train program exists only in fp32 with --attention trilu; with other options it is left out.`,
    )
    .action(async (source: string | undefined, options: Omit<ExportOptions, 'source'>) => {
      const { exportAndPrint } = await import('../export/export-models.ts');
      await exportAndPrint({ ...options, source });
    });
}
