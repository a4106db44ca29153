import { UserError } from '../errors.ts';
import type { SamplingOptions } from '../runtime/generation/sampling.ts';
import type { Session } from '../runtime/session.ts';
import { scalar, type Tensor, tensor } from '../runtime/tensor.ts';
import type { CharacterTokenizer } from '../text/tokenizer.ts';

/** What a continuation that a program draws by itself is made from. */
export interface InOneRun {
  readonly source: string;
  readonly session: Session;
  /** For a program that takes and gives characters. */
  readonly tokenizer?: CharacterTokenizer | undefined;
  readonly tokens: readonly number[];
  readonly count: number;
  readonly sampling: SamplingOptions;
}

/** The inputs of a generate program that not every one has, and the options that they are. */
const furtherInputs = [
  ['min_p', 'minP', '--min-p', 0],
  ['repetition_penalty', 'repetitionPenalty', '--repetition-penalty', 1],
] as const;

/**
 * Lets a generate program write, all in one run.
 * @throws UserError for an option of sampling that the program has no input for
 */
export async function writeInOneRun({ tokenizer, tokens, count, ...writer }: InOneRun): Promise<number[]> {
  const { source, session, sampling } = writer;
  const { greedy = false, temperature = 1, topK = 0, topP = 1, seed = 0 } = sampling;
  const shape = [1, tokens.length];
  const feeds: Record<string, Tensor> = {
    ...(takes(session, 'characters') && tokenizer !== undefined
      ? { characters: tensor('string', shape, Array.from(tokenizer.decode(tokens))) }
      : { tokens: tensor('int32', shape, tokens) }),
    count: scalar('int32', count),
    // What 0 means to the program.
    temperature: scalar('float32', greedy ? 0 : temperature),
    top_k: scalar('int32', topK),
    top_p: scalar('float32', topP),
    seed: scalar('int32', seed),
  };
  for (const [input, option, flag, off] of furtherInputs) {
    const value = sampling[option] ?? off;
    if (takes(session, input)) feeds[input] = scalar('float32', value);
    else if (value !== off) throw cannot(source, flag);
  }
  const { generated } = await session.run(feeds);
  if (generated?.type !== 'string') return Array.from(generated?.data ?? [], Number);
  return Array.from(tokenizer?.encode(generated.data.join('')) ?? []);
}

function takes({ program }: Session, input: string): boolean {
  return program.inputs.some(({ name }) => name === input);
}

/** A generate program hands out nothing but what it wrote. */
export function cannot(source: string, flag: string): UserError {
  return new UserError(
    `${source} is a generate program, which draws by itself and knows no ${flag}: give the model directory, decode.onnx or forward.onnx, or leave it out.`,
    { exitCode: 2 },
  );
}
