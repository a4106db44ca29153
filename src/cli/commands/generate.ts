import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandDefinition } from '../command.ts';
import type { GenerateOptions } from '../generate/continuation.ts';
import {
  addModelOption,
  addRunningOptions,
  nonNegativeInteger,
  nonNegativeNumber,
  positiveInteger,
  positiveNumber,
  probability,
  seed,
} from '../options.ts';

/** Wraps a parser: its own words for what is allowed, and a maximum. */
function withMessage(
  parse: (text: string) => number,
  allowed: string,
  highest: number = Number.POSITIVE_INFINITY,
): (text: string) => number {
  return (text) => {
    let value: number;
    try {
      value = parse(text);
    } catch {
      throw new InvalidArgumentError(`It must be ${allowed}`);
    }
    if (value > highest) throw new InvalidArgumentError(`It must be ${allowed}`);
    return value;
  };
}

/** People who write 0 mean --greedy. */
const temperature = withMessage(
  positiveNumber,
  'a number above 0. To always take the most probable character, use --greedy.',
);

/** A share from 0 to 1, both included. */
const share = withMessage(nonNegativeNumber, 'a number from 0 to 1.', 1);

/** Parses token ids separated by commas or spaces. */
function tokenIds(text: string): readonly number[] {
  const ids = /^\s*\d+(?:\s*[,\s]\s*\d+)*\s*$/.test(text)
    ? text
        .trim()
        .split(/[\s,]+/)
        .map(Number)
    : [];
  if (ids.length === 0 || !ids.every(Number.isSafeInteger)) {
    throw new InvalidArgumentError('It must be token ids: whole numbers from 0, separated by commas.');
  }
  return ids;
}

/** Adds a stop string to those given before. */
function stopString(text: string, others: readonly string[] = []): readonly string[] {
  if (text === '') throw new InvalidArgumentError('It must be at least one character.');
  return [...others, text];
}

export const generateCommand: CommandDefinition = {
  name: 'generate',
  description: 'continue a prompt with a trained model',
  register,
};

function register(command: Command): void {
  command
    .argument('<source>', 'a model or run directory, or an .onnx file')
    .option(
      '--prompt <text>',
      'the text to continue; - reads it from standard input, which is also read when something is piped in',
    )
    .addOption(
      new Option(
        '--token-ids <list>',
        'the token ids to continue, such as 464,995, for a model that is not of characters',
      )
        .argParser(tokenIds)
        .conflicts(['prompt', 'stop']),
    )
    .option('--tokens <number>', 'number of characters to write', positiveInteger, 500)
    .addOption(
      new Option('--greedy', 'always take the most probable character').conflicts([
        'temperature',
        'topK',
        'topP',
        'minP',
        'seed',
      ]),
    )
    .option(
      '--temperature <number>',
      'divides the logits: below 1 more predictable, above 1 more varied (default: 1)',
      temperature,
    )
    .option('--top-k <number>', 'sample only from the k most probable characters (0 = all)', nonNegativeInteger)
    .option(
      '--top-p <share>',
      'sample only from the most probable characters whose probabilities add up to p (1 = all)',
      probability,
    )
    .option(
      '--min-p <share>',
      'sample only from characters at least p times as probable as the most probable (0 = all)',
      share,
    )
    .option(
      '--repetition-penalty <number>',
      'above 1, characters that are already in the text become less probable',
      positiveNumber,
    )
    .option('--stop <text>', 'end before this text, without printing it; may be given more than once', stopString)
    .option('--seed <number>', 'the seed of the random numbers', seed)
    .option('--json', 'print one JSON object per generated character, each on its own line')
    .addOption(
      new Option('--logprobs <number>', 'with each character, list the n most probable ones (implies --json)')
        .argParser(positiveInteger)
        .implies({ json: true }),
    );
  addModelOption(command);
  addRunningOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu generate runs/book --prompt "Call me" --tokens 300
  trilu generate runs/book/onnx/forward.onnx --prompt "The " --temperature 0.8 --top-k 40 --seed 7
  trilu generate runs/book --prompt "Q: " --stop "Q:" --min-p 0.05 --repetition-penalty 1.1
  trilu generate runs/book --prompt "The " --tokens 20 --logprobs 3
  printf 'The whale' | trilu generate runs/book --greedy

Only the prompt and its continuation go to standard output. With --token-ids they are ids separated by spaces.
With --json there is a line {"token", "text", "logprob"} for each generated character; --logprobs adds
"alternatives". A logprob is the natural logarithm of the probability that the model gives, before temperature and all
other sampling options.`,
    )
    .action(async (source: string, { prompt, ...options }: Omit<GenerateOptions, 'source'>) => {
      const { readPrompt } = await import('../generate/prompt.ts');
      const { writeContinuation } = await import('../generate/continuation.ts');
      const text = options.tokenIds === undefined ? await readPrompt(prompt) : undefined;
      await writeContinuation({ ...options, source, prompt: text });
    });
}
