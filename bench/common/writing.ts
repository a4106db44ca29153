import type { Session } from '../../src/runtime/session.ts';
import { type TensorOf, tensor } from '../../src/runtime/tensor.ts';
import type { Measure } from './side.ts';

/**
 * What a character takes that a generate program writes, the likeliest always, in one run. What a run costs besides its characters
 * is taken off: the shortest run of one character, so that what disturbs such a run never flatters the rest.
 * @param prompt int32 (batch, time)
 * @param count how many characters are written, two at least
 */
export function writingMeasure(session: Session, prompt: TensorOf<'int32'>, count: number): Measure {
  const write = async (characters: number): Promise<{ spent: number; tokens: number[] }> => {
    const feeds = {
      tokens: prompt,
      count: tensor('int32', [], [characters]),
      temperature: tensor('float32', [], [0]),
      top_k: tensor('int32', [], [0]),
      top_p: tensor('float32', [], [1]),
      seed: tensor('int32', [], [0]),
    };
    const start = performance.now();
    const { generated } = await session.run(feeds);
    return { spent: performance.now() - start, tokens: Array.from(generated?.data ?? [], Number) };
  };
  let first = Number.POSITIVE_INFINITY;
  return async () => {
    first = Math.min(first, (await write(1)).spent);
    const { spent, tokens } = await write(count);
    return { milliseconds: (spent - first) / (count - 1), tokens };
  };
}
