import type { Session } from '../runtime/session.ts';
import { scalar, tensor } from '../runtime/tensor.ts';
import type { CharacterTokenizer } from '../text/tokenizer.ts';

/** Runs a generate program from a line feed, or from the vocabulary's first character. */
export async function writePassage(
  session: Session,
  tokenizer: CharacterTokenizer,
  { tokens, seed }: { readonly tokens: number; readonly seed: number },
): Promise<string> {
  const start = tokenizer.has('\n') ? '\n' : (tokenizer.vocabulary[0] ?? '');
  const { generated } = await session.run({
    tokens: tensor('int32', [1, 1], tokenizer.encode(start)),
    count: scalar('int32', tokens),
    temperature: scalar('float32', 0.8),
    top_k: scalar('int32', 0),
    top_p: scalar('float32', 1),
    seed: scalar('int32', seed),
  });
  return tokenizer.decode(Array.from(generated?.data ?? [], Number));
}
