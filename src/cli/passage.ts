import type { Session } from '../runtime/session.ts';
import { scalar, tensor } from '../runtime/tensor.ts';
import { lineStart, type Tokenizer } from '../text/tokenizer.ts';

/** Runs a generate program from a line feed, or from the tokenizer's first token. */
export async function writePassage(
  session: Session,
  tokenizer: Tokenizer,
  { tokens, seed }: { readonly tokens: number; readonly seed: number },
): Promise<string> {
  const start = tokenizer.encode(lineStart(tokenizer));
  const { generated } = await session.run({
    tokens: tensor('int32', [1, start.length], start),
    count: scalar('int32', tokens),
    temperature: scalar('float32', 0.8),
    top_k: scalar('int32', 0),
    top_p: scalar('float32', 1),
    seed: scalar('int32', seed),
  });
  return tokenizer.decode(Array.from(generated?.data ?? [], Number));
}
