import { UserError } from '../../errors.ts';
import type { SamplingOptions } from '../../runtime/generation/sampling.ts';
import type { Session } from '../../runtime/session.ts';
import { scalar, type Tensor, tensor } from '../../runtime/tensor.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';

/** What a generate program continues, and how. */
export interface InOneRun {
  readonly source: string;
  readonly session: Session;
  /** For a program that takes and returns characters. */
  readonly tokenizer?: Tokenizer | undefined;
  readonly tokens: readonly number[];
  readonly count: number;
  readonly sampling: SamplingOptions;
}

/** Inputs that only some generate programs have, with their options and the values that turn them off. */
const optionalInputs = [
  ['min_p', 'minP', '--min-p', 0],
  ['repetition_penalty', 'repetitionPenalty', '--repetition-penalty', 1],
] as const;

/**
 * Generates a whole continuation in one run of a generate program.
 * @throws UserError for a sampling option that the program has no input for
 */
export async function writeInOneRun({ tokenizer, tokens, count, ...writer }: InOneRun): Promise<number[]> {
  const { source, session, sampling } = writer;
  const { greedy = false, temperature = 1, topK = 0, topP = 1, seed = 0 } = sampling;
  const shape = [1, tokens.length];
  const feeds: Record<string, Tensor> = {
    ...(hasInput(session, 'characters') && tokenizer !== undefined
      ? { characters: tensor('string', shape, Array.from(tokenizer.decode(tokens))) }
      : { tokens: tensor('int32', shape, tokens) }),
    count: scalar('int32', count),
    // To the program, a temperature of 0 means greedy.
    temperature: scalar('float32', greedy ? 0 : temperature),
    top_k: scalar('int32', topK),
    top_p: scalar('float32', topP),
    seed: scalar('int32', seed),
  };
  for (const [input, option, flag, off] of optionalInputs) {
    const value = sampling[option] ?? off;
    if (hasInput(session, input)) feeds[input] = scalar('float32', value);
    else if (value !== off) throw unsupportedOption(source, flag);
  }
  const { generated } = await session.run(feeds);
  if (generated?.type !== 'string') return Array.from(generated?.data ?? [], Number);
  return Array.from(tokenizer?.encode(generated.data.join('')) ?? []);
}

function hasInput({ program }: Session, input: string): boolean {
  return program.inputs.some(({ name }) => name === input);
}

/** The error for an option that a generate program cannot follow: it returns nothing but the tokens that it drew. */
export function unsupportedOption(source: string, flag: string): UserError {
  return new UserError(
    `${source} is a generate program, which draws tokens by itself and does not support ${flag}: give the model directory, decode.onnx or forward.onnx, or leave the option out.`,
    { exitCode: 2 },
  );
}
