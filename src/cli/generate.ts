import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  addRunningOptions,
  nonNegativeInteger,
  nonNegativeNumber,
  positiveInteger,
  positiveNumber,
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
  /** The tokens to continue, in place of a text. */
  readonly tokenIds?: readonly number[];
  /** How many tokens to write. */
  readonly tokens: number;
  /** Takes the most probable token always. */
  readonly greedy?: boolean;
  /** Divides the logits. */
  readonly temperature?: number;
  /** How many of the most probable tokens take part; 0 is all. */
  readonly topK?: number;
  /** Which probability the most probable tokens that take part reach together; 1 is all. */
  readonly topP?: number;
  /** Which share of the most probable token's probability a token needs to take part; 0 is none. */
  readonly minP?: number;
  /** What the logits of tokens in the text are made smaller by; 1 is nothing. */
  readonly repetitionPenalty?: number;
  /** The text ends before the first of these. */
  readonly stop?: readonly string[];
  readonly seed?: number;
  /** Prints an object for each token, a line each. */
  readonly json?: boolean;
  /** How many of the most probable tokens each object tells. */
  readonly logprobs?: number;
}

/** A parser with words of its own for what is allowed, and a highest value. */
function reworded(
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

/** 0 is what people write who mean --greedy. */
const temperature = reworded(positiveNumber, 'a number above 0. For the most probable character always, use --greedy.');

/** A share that may be nothing or all. */
const share = reworded(nonNegativeNumber, 'a number from 0 to 1.', 1);

/** Token ids with commas or spaces between. */
function tokenIds(text: string): readonly number[] {
  const ids = /^\s*\d+(?:\s*[,\s]\s*\d+)*\s*$/.test(text)
    ? text
        .trim()
        .split(/[\s,]+/)
        .map(Number)
    : [];
  if (ids.length === 0 || !ids.every(Number.isSafeInteger)) {
    throw new InvalidArgumentError('It must be token ids: whole numbers from 0, with commas between.');
  }
  return ids;
}

/** One more stop string. */
function stopString(text: string, others: readonly string[] = []): readonly string[] {
  if (text === '') throw new InvalidArgumentError('It must be at least one character.');
  return [...others, text];
}

/** Gives `generate` its options; what it does is in actions/generate.ts. */
export function register(command: Command): void {
  command
    .argument('<source>', 'a model or run directory, or an .onnx file')
    .option('--prompt <text>', 'the text to continue; - reads it from standard input, as a pipe does without --prompt')
    .addOption(
      new Option('--token-ids <list>', 'the tokens to continue, such as 464,995, for a model without characters')
        .argParser(tokenIds)
        .conflicts(['prompt', 'stop']),
    )
    .option('--tokens <number>', 'characters to write', positiveInteger, 500)
    .addOption(
      new Option('--greedy', 'always the most probable character').conflicts([
        'temperature',
        'topK',
        'topP',
        'minP',
        'seed',
      ]),
    )
    .option('--temperature <number>', 'below 1 sharper, above 1 flatter (default: 1)', temperature)
    .option('--top-k <number>', 'only the k most probable characters (0 = all)', nonNegativeInteger)
    .option('--top-p <share>', 'only the most probable characters that reach p together (1 = all)', probability)
    .option('--min-p <share>', 'only characters p times as probable as the most probable (0 = all)', share)
    .option('--repetition-penalty <number>', 'above 1, what is in the text already is less probable', positiveNumber)
    .option('--stop <text>', 'end before this text, which is not printed; may be given many times', stopString)
    .option('--seed <number>', 'what random numbers start from', seed)
    .option('--json', 'print an object for each character of the continuation, a line each')
    .addOption(
      new Option('--logprobs <number>', 'with each character, the n most probable ones (implies --json)')
        .argParser(positiveInteger)
        .implies({ json: true }),
    );
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

The prompt and what follows it go to standard output, nothing else. With --token-ids these are ids with spaces between.
With --json there is a line {"token", "text", "logprob"} for each character that follows; --logprobs adds
"alternatives". A logprob is the natural logarithm of the probability that the model itself gives, before temperature
and all other options.`,
    )
    .action(async (source: string, { prompt, ...options }: Omit<GenerateOptions, 'source'>) => {
      const { readPrompt } = await import('./prompt.ts');
      const { runGenerate } = await import('./actions/generate.ts');
      const text = options.tokenIds === undefined ? await readPrompt(prompt) : undefined;
      await runGenerate({ ...options, source, prompt: text });
    });
}
