import { UserError } from '../../errors.ts';
import { type Tensor, type Tensors, tensorAround, zeroTensor } from '../../runtime/tensor.ts';

/** Batches, one after another, by the names of a program's inputs: an array, a generator, a stream from a disk or a network. */
export type Batches = Iterable<Tensors> | AsyncIterable<Tensors>;

/** Where the batches of a training come from. */
export interface Feed<Position = unknown> {
  /**
   * The batches of the next steps: of each input that the feed gives, one tensor (steps, …).
   * @param steps how many are wanted; where the source ends, fewer may come
   * @returns undefined when there are no more
   */
  next(steps: number): Tensors | undefined | Promise<Tensors | undefined>;
  /** Where it stands, in what JSON holds exactly: a feed that begins there goes on with the very batches that would have come. */
  position(): Position;
  /** Lets go of what the source holds. */
  close?(): Promise<void>;
}

/**
 * A feed of batches from any source. Its position is how many were drawn.
 * @param source the batches from one on, given how many were drawn before it
 * @param drawn where it begins: a position that was kept, or 0
 * @example
 * ```ts
 * const feed = feedOf(async function* (drawn) {
 *   for (let index = drawn; ; index++) yield { pixels: await pixelsOf(index), labels: await labelsOf(index) };
 * });
 * ```
 */
export function feedOf(source: (drawn: number) => Batches, drawn = 0): Feed<number> {
  let position = drawn;
  let batches: Iterator<Tensors> | AsyncIterator<Tensors> | undefined;
  return {
    async next(steps) {
      batches ??= iterate(source(position));
      const found: Tensors[] = [];
      while (found.length < steps) {
        const { done, value } = await batches.next();
        if (done === true) break;
        found.push(value);
      }
      position += found.length;
      return found.length === 0 ? undefined : stacked(found);
    },
    position: () => position,
    async close() {
      await batches?.return?.();
    },
  };
}

function iterate(batches: Batches): Iterator<Tensors> | AsyncIterator<Tensors> {
  return Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
}

/**
 * Batches of the same shapes as one: each of their tensors behind a new first dimension, (batches, …).
 * @throws UserError for batches that differ in their names, types or shapes
 */
export function stacked(batches: readonly Tensors[]): Tensors {
  const [first = {}] = batches;
  return Object.fromEntries(Object.entries(first).map(([name, like]) => [name, stackedTensor(name, like, batches)]));
}

function stackedTensor(name: string, like: Tensor, batches: readonly Tensors[]): Tensor {
  const parts = batches.map((batch, index) => {
    const part = batch[name];
    if (part !== undefined && isAlike(part, like)) return part;
    const found = part === undefined ? 'missing' : `${part.type} [${part.shape}]`;
    throw new UserError(
      `The batches of a feed must be alike, but ${name} is ${like.type} [${like.shape}] in one and ${found} in another, ${index} after it.`,
    );
  });
  const shape = [batches.length, ...like.shape];
  if (like.type === 'string')
    return tensorAround(
      'string',
      shape,
      parts.flatMap(({ data }) => [...(data as string[])]),
    );
  const { data } = zeroTensor(like.type, shape);
  let place = 0;
  for (const part of parts) {
    // Both are arrays of one kind: `isAlike` has seen to that.
    (data as Float32Array).set(part.data as Float32Array, place);
    place += part.data.length;
  }
  return tensorAround(like.type, shape, data);
}

/** Whether two tensors have one type and one shape. */
export function isAlike(one: Tensor, other: Tensor): boolean {
  return one.type === other.type && String(one.shape) === String(other.shape);
}
