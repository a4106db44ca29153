import type { Session, ValueDescription } from '../../src/runtime/session.ts';
import { type Tensors, tensor } from '../../src/runtime/tensor.ts';
import { fakeSession } from './fake-session.ts';

/** A language model in JavaScript: the logits after a text. */
export type LogitsAfter = (text: readonly number[]) => Float32Array;

/** What a decode program with a fixed cache was asked for. */
export interface CountedCache {
  readonly session: Session;
  /** The `tokens` of each step, a list a row. */
  readonly steps: number[][][];
  /** What the cache holds of each row. */
  readonly held: () => readonly (readonly number[])[];
}

/**
 * A decode program whose cache is of a fixed size, played by a model in JavaScript that is strict: it refuses what the graph would only
 * compute nonsense from. A negative id is no token, allowed on the right only; a row grows by its tokens, up to the block.
 */
export function countedCache(logitsAfter: LogitsAfter, blockSize: number, vocabularySize: number): CountedCache {
  const steps: number[][][] = [];
  let held: number[][] | undefined;
  const inputs: ValueDescription[] = [
    { name: 'tokens', type: 'int32', shape: ['batch', 'time'] },
    { name: 'cache.length', type: 'int32', shape: ['batch'] },
    { name: 'cache.0.key', type: 'float32', shape: ['batch', 1, blockSize, 1] },
  ];
  const state = inputs.slice(1).map(({ name }) => ({ input: name, output: `next.${name}` }));

  function step({ tokens }: Tensors): Tensors {
    const [batch = 0, time = 0] = tokens?.shape ?? [];
    const ids = Array.from(tokens?.data ?? [], Number);
    const rows = Array.from({ length: batch }, (_, row) => ids.slice(row * time, (row + 1) * time));
    steps.push(rows);
    held ??= rows.map(() => []);
    if (held.length !== batch) throw new Error(`the state is of a batch of ${held.length}, not ${batch}`);
    const logits = new Float32Array(batch * time * vocabularySize).fill(Number.NaN);
    for (const [row, list] of rows.entries()) {
      const own = held[row] ?? [];
      for (const [position, token] of list.entries()) {
        if (token < 0) {
          if (list.slice(position).some((later) => later >= 0)) throw new Error('a token stands after padding');
          break;
        }
        own.push(token);
        if (own.length > blockSize) throw new Error('the cache is full');
        logits.set(logitsAfter(own), (row * time + position) * vocabularySize);
      }
    }
    return { logits: tensor('float32', [batch, time, vocabularySize], logits) };
  }

  const session = fakeSession({
    program: {
      program: 'decode',
      state,
      inputs,
      outputs: [{ name: 'logits', type: 'float32', shape: ['batch', 'time', vocabularySize] }],
      metadata: {},
      opset: 18,
    },
    step: async (feeds) => step(feeds),
    run: async () => {
      throw new Error('a decode program goes in steps');
    },
    resetState: async () => {
      held = undefined;
    },
  });
  return { session, steps, held: () => held ?? [] };
}
