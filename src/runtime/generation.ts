import { UserError } from '../errors.ts';
import { checkSampling, type SamplingOptions, sample } from './sampling.ts';
import type { Session } from './session.ts';
import { type Tensors, tensor } from './tensor.ts';

/** What a continuation is written from. */
export interface GenerateOptions {
  /** A forward program: `tokens` int32 [batch, time] → `logits` float32 [batch, time, vocabulary]. */
  readonly forward?: Session;
  /** A decode program: the same with the cache as state. Preferred when both are given; in use by one continuation at a time. */
  readonly decode?: Session;
  /** The ids of the prompt, at least one. */
  readonly tokens: readonly number[];
  /** How many tokens to write. */
  readonly count: number;
  /** How many tokens the model sees at once. */
  readonly blockSize: number;
  readonly sampling?: SamplingOptions;
  /** Stops between two tokens: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Gives the logits after the last token of `context`, the whole text so far. */
type NextLogits = (context: readonly number[]) => Promise<Float32Array>;

/**
 * Continues a text, token by token, of any length: the lecture's loop. Each token is drawn from the logits after the last
 * `blockSize` tokens; token number i (from 0) with `sample(logits, { …sampling, step: i })`.
 *
 * A forward program sees all of those tokens for every new one. A decode program sees the prompt once and then one token
 * a step, as long as the text fits into the block; past it the positions of all tokens in the window change with every
 * token, so nothing of the cache can be kept and each step computes the window anew. The result is the same.
 *
 * @returns the new ids, each as soon as it is known
 * @throws UserError for an empty prompt, impossible numbers or sampling options, or sessions of other programs
 */
export async function* generate(options: GenerateOptions): AsyncGenerator<number, void, undefined> {
  const { tokens, count, blockSize, sampling = {}, signal } = options;
  checkOptions(options);
  const nextLogits = options.decode === undefined ? windowed(options) : cached(options.decode, blockSize, signal);
  const context = [...tokens];
  for (let step = 0; step < count; step += 1) {
    signal?.throwIfAborted();
    const token = sample(await nextLogits(context), { ...sampling, step });
    context.push(token);
    yield token;
  }
}

/** The last `blockSize` tokens through the forward program, every time. */
function windowed({ forward, blockSize, signal }: GenerateOptions): NextLogits {
  if (forward === undefined) throw new UserError('Generating needs a forward or a decode program.');
  return async (context) => lastLogits(await forward.run(feeds(context.slice(-blockSize)), passOn(signal)));
}

/** Only what the cache doesn't hold yet, as long as the text fits into the block. */
function cached(decode: Session, blockSize: number, signal: AbortSignal | undefined): NextLogits {
  if (decode.program.state.length === 0) {
    throw new UserError('The decode program has no state to keep its cache in (metadata "trilu.state").');
  }
  let held = 0;
  return async (context) => {
    if (held === 0 || context.length > blockSize) {
      await decode.resetState();
      held = Math.max(0, context.length - blockSize);
    }
    const logits = lastLogits(await decode.step(feeds(context.slice(held)), passOn(signal)));
    held = context.length;
    return logits;
  };
}

function feeds(tokens: readonly number[]): Tensors {
  return { tokens: tensor('int32', [1, tokens.length], tokens) };
}

function passOn(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function lastLogits({ logits }: Tensors): Float32Array {
  if (logits?.type !== 'float32')
    throw new UserError('The program has no float32 output "logits" to draw tokens from.');
  return logits.data.subarray(logits.data.length - (logits.shape.at(-1) ?? 0));
}

function checkOptions({ tokens, count, blockSize, sampling }: GenerateOptions): void {
  if (tokens.length === 0)
    throw new UserError('The prompt is empty: generating needs at least one token to go on from.');
  if (!Number.isInteger(count) || count < 0) {
    throw new UserError(`The number of tokens to generate must be a whole number from 0, not ${count}.`, {
      exitCode: 2,
    });
  }
  if (!Number.isInteger(blockSize) || blockSize < 1) {
    throw new UserError(`The block size must be a whole number from 1, not ${blockSize}.`, { exitCode: 2 });
  }
  checkSampling(sampling ?? {});
}
