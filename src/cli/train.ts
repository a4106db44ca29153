import { type Command, Option } from 'commander';
import {
  addRunningOptions,
  fraction,
  nonNegativeInteger,
  nonNegativeNumber,
  positiveInteger,
  positiveNumber,
  type RunningOptions,
  seed,
} from './options.ts';

/**
 * What `train` and `start` take. What is unset was not given: it has the model's or the trainer's default,
 * or, when resuming, the run's own value.
 */
export interface TrainOptions extends RunningOptions {
  /** The model's name on the ladder. */
  readonly model: string | undefined;
  /** The text file; unset is the embedded corpus. */
  readonly data?: string;
  /** The run directory to write. */
  readonly out?: string;
  /** The run directory to go on with. */
  readonly resume?: string;
  /** Steps in all, counted from the start of the run. */
  readonly steps?: number;
  /** Blocks in a step. */
  readonly batch?: number;
  /** Tokens that the model sees at once. */
  readonly block?: number;
  readonly layers?: number;
  readonly heads?: number;
  /** The width of the residual stream. */
  readonly embedding?: number;
  /** The share of activations that dropout sets to 0. */
  readonly dropout?: number;
  /** How the matrices of the GPT stages begin. */
  readonly initialization?: 'scaled' | 'gpt2';
  /** The highest learning rate, after the warm-up. */
  readonly learningRate?: number;
  /** Where the cosine ends. */
  readonly minimumLearningRate?: number;
  /** Steps in which the learning rate rises from 0. */
  readonly warmUp?: number;
  /** The step at which the cosine ends. */
  readonly decaySteps?: number;
  readonly weightDecay?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  /** The highest global norm of the gradient; 0 is no limit. */
  readonly clip?: number;
  readonly seed?: number;
  /** Steps between evaluations; 0 is never. */
  readonly evalEvery?: number;
  /** Batches in an evaluation. */
  readonly evalBatches?: number;
  /** Steps between samples; 0 is never. */
  readonly sampleEvery?: number;
  /** Steps between checkpoints; 0 is never. */
  readonly checkpointEvery?: number;
  /** Training steps in one run of the graph. */
  readonly stepsPerRun?: number;
}

/** Gives `train` its options; what it does is in actions/train.ts. */
export function register(command: Command): void {
  addTrainingOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu train gpt-nano --data book.txt --out runs/book
  trilu train bigram --steps 3000 --learning-rate 1e-2
  trilu train --resume runs/book --steps 4000

Ctrl-C saves the run; --resume goes on exactly where it stopped.`,
    )
    .action(async (model: string | undefined, options: Omit<TrainOptions, 'model'>) => {
      const { runTrain } = await import('./actions/train.ts');
      await runTrain({ ...options, model });
    });
}

/** Adds the argument and the options that `train` and `start` share. */
export function addTrainingOptions(command: Command): Command {
  command
    .argument('[model]', 'a model of the ladder: bigram, average, head, …, gpt-nano, gpt (default: gpt-nano)')
    .option('--data <file>', 'a UTF-8 text to learn (default: the embedded corpus)')
    .option('--out <directory>', 'the run directory to write (default: runs/<model>)')
    .option('--resume <directory>', 'go on with the run in this directory')
    .option('--steps <number>', 'steps in all', positiveInteger)
    .option('--batch <number>', 'blocks in a step', positiveInteger)
    .option('--seed <number>', 'what random numbers start from', seed)
    .optionsGroup('Model:')
    .option('--block <number>', 'characters that the model sees at once', positiveInteger)
    .option('--layers <number>', 'layers', positiveInteger)
    .option('--heads <number>', 'attention heads of a layer', positiveInteger)
    .option('--embedding <number>', 'width of the residual stream', positiveInteger)
    .option('--dropout <share>', 'share of activations set to 0', fraction)
    .addOption(
      new Option('--initialization <kind>', 'how matrices begin: scaled to their inputs, or N(0, 0.02)').choices([
        'scaled',
        'gpt2',
      ]),
    )
    .optionsGroup('Optimizer (AdamW):')
    .option('--learning-rate <number>', 'the highest learning rate', positiveNumber)
    .option('--minimum-learning-rate <number>', 'where the cosine ends', nonNegativeNumber)
    .option('--warm-up <steps>', 'steps in which the learning rate rises', nonNegativeInteger)
    .option('--decay-steps <steps>', "the step at which the cosine ends (default: the preset's steps)", positiveInteger)
    .option('--weight-decay <number>', 'decay of tensors of 2 or more dimensions', nonNegativeNumber)
    .option('--beta1 <share>', 'decay of the first moments', fraction)
    .option('--beta2 <share>', 'decay of the second moments', fraction)
    .option('--clip <norm>', 'highest global norm of the gradient (0 = no limit)', nonNegativeNumber)
    .optionsGroup('Reports:')
    .option('--eval-every <steps>', 'steps between evaluations (0 = never)', nonNegativeInteger)
    .option('--eval-batches <number>', 'batches in an evaluation', positiveInteger)
    .option('--sample-every <steps>', 'steps between samples (0 = never)', nonNegativeInteger)
    .option('--checkpoint-every <steps>', 'steps between checkpoints (0 = never)', nonNegativeInteger)
    .optionsGroup('Running:')
    .option('--steps-per-run <number>', 'training steps in one run of the graph', positiveInteger);
  return addRunningOptions(command);
}
