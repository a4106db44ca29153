import type { Weights } from '../../programs/parameters.ts';
import type { Program } from '../../programs/program.ts';
import type { ValueDescription } from '../../runtime/session.ts';
import { elementCount, scalar, type Tensor, type Tensors, tensor, zeroTensor } from '../../runtime/tensor.ts';

/** The size of each symbolic dimension in a trial run; the cache is empty. */
const lengths: Readonly<Record<string, number>> = { steps: 1, batch: 1, past: 0 };

/**
 * How many tokens a trial run reads. A whole block would prove no more, and takes longer than writing the file: 1.2 s for the
 * generate program of gpt, which then computes the block again for every token, and 1.0 s for its train program.
 */
const trialTokens = 16;

/** The values of scalar inputs in a trial run. */
const scalars: Readonly<Record<string, Tensor>> = {
  count: scalar('int32', 8),
  temperature: scalar('float32', 1),
  top_k: scalar('int32', 0),
  top_p: scalar('float32', 1),
  seed: scalar('int32', 1),
  step: scalar('int32', 0),
};

/** Inputs for one small run of a program, to prove that its file works: zeros, and the weights where they are inputs. */
export function trialFeeds({ graph, model }: Program, weights: Weights, vocabulary: readonly string[] = []): Tensors {
  const feeds = graph.inputs.map(({ name, value }): readonly [string, Tensor] => {
    const shape = value.shape.map((dimension) =>
      typeof dimension === 'number' ? dimension : (lengths[dimension] ?? Math.min(model.block, trialTokens)),
    );
    const data = weights.get(name);
    if (data !== undefined) return [name, tensor('float32', shape, data)];
    if (value.type === 'string') {
      return [
        name,
        tensor(
          'string',
          shape,
          Array.from({ length: elementCount(shape) }, () => vocabulary[0] ?? ''),
        ),
      ];
    }
    return [
      name,
      scalars[name] ?? (value.type === 'int32' ? zeroTensor('int32', shape) : zeroTensor('float32', shape)),
    ];
  });
  return Object.fromEntries(feeds);
}

/** Inputs for one small run of a graph for other tools' text generation: some ids and an empty cache. */
export function textGenerationFeeds(inputs: readonly ValueDescription[], blockSize: number): Tensors {
  const before: Readonly<Record<string, number>> = { batch_size: 1, past_sequence_length: 0 };
  const feeds = inputs.map(({ name, type, shape }): readonly [string, Tensor] => {
    const sizes = shape.map((size) =>
      typeof size === 'number' ? size : (before[size] ?? Math.min(blockSize, trialTokens)),
    );
    if (type !== 'int64') return [name, zeroTensor('float32', sizes)];
    const id = name === 'attention_mask' ? 1n : 0n;
    return [
      name,
      tensor(
        'int64',
        sizes,
        BigInt64Array.from({ length: elementCount(sizes) }, () => id),
      ),
    ];
  });
  return Object.fromEntries(feeds);
}
