import { UserError } from '../errors.ts';
import { type BlockRandom, type BlockStarts, blockStarts, resumedBlockStarts } from './block-starts.ts';
import { requireBlock } from './split.ts';
import type { Tokens } from './tokens.ts';

/** Blocks of a text and what comes next at each of their places. */
export interface Batch {
  /** [batch, block], or [steps, batch, block] for several batches at once. */
  readonly shape: readonly number[];
  /** Token ids, row after row. */
  readonly tokens: Int32Array;
  /** The same places one token later: `targets[i]` follows `tokens[i]` in the text. */
  readonly targets: Int32Array;
}

export interface BatchSize {
  /** How many blocks a batch has. */
  readonly batch: number;
  /** How many tokens a block has. */
  readonly block: number;
}

/** What a sampler's random numbers follow from. */
export interface SamplerOptions extends BatchSize {
  /** An integer, taken modulo 2^32. */
  readonly seed: number;
  /** Whose random numbers; `trilu` unless told. */
  readonly rng?: BlockRandom;
}

/**
 * Draws random blocks of a text, each equally likely to begin at any place that leaves room for its targets
 * (the lecture's `torch.randint(len(data) - block_size, (batch_size,))`).
 * What it draws depends on the seed alone; saved and restored, it goes on with the very batches it would have drawn.
 */
export class BatchSampler {
  readonly batch: number;
  readonly block: number;
  readonly #tokens: Tokens;
  #starts: BlockStarts;

  /** @throws UserError when the text is not longer than a block, or the batch or block size is no positive integer */
  constructor(tokens: Tokens, { batch, block, seed, rng = 'trilu' }: SamplerOptions) {
    requireBatchSize({ batch, block });
    requireBlock(tokens, block, 'The text to draw blocks from');
    this.batch = batch;
    this.block = block;
    this.#tokens = tokens;
    this.#starts = blockStarts(rng, seed);
  }

  /**
   * A sampler that goes on where the one with this state stopped.
   * @param state what `getState` gave
   * @throws UserError when that is no state
   */
  static fromState(tokens: Tokens, options: SamplerOptions, state: readonly number[]): BatchSampler {
    const starts = resumedBlockStarts(options.rng ?? 'trilu', state, options.seed);
    const sampler = new BatchSampler(tokens, options);
    sampler.#starts = starts;
    return sampler;
  }

  /** The state between two batches: whole numbers, which JSON holds exactly. */
  getState(): readonly number[] {
    return this.#starts.getState();
  }

  /** The next batch, [batch, block]. */
  next(): Batch {
    return this.#draw(this.batch, [this.batch, this.block]);
  }

  /** The next `steps` batches, [steps, batch, block]: the same as `next` as many times, one after another. */
  nextSteps(steps: number): Batch {
    if (!Number.isInteger(steps) || steps < 1)
      throw new UserError(`${steps} steps were asked for; there must be 1 or more.`);
    return this.#draw(steps * this.batch, [steps, this.batch, this.block]);
  }

  #draw(rows: number, shape: readonly number[]): Batch {
    const tokens = new Int32Array(rows * this.block);
    const targets = new Int32Array(rows * this.block);
    const places = this.#tokens.length - this.block;
    for (let row = 0; row < rows; row += 1) {
      const start = this.#starts.next(places);
      const both = this.#tokens.subarray(start, start + this.block + 1);
      tokens.set(both.subarray(0, this.block), row * this.block);
      targets.set(both.subarray(1), row * this.block);
    }
    return { shape, tokens, targets };
  }
}

/**
 * A fixed number of random batches to judge a model by: for one seed the same ones every time, whatever was drawn elsewhere.
 * @throws UserError as `BatchSampler` does
 */
export function* evaluationBatches(
  tokens: Tokens,
  { batches, ...options }: SamplerOptions & { readonly batches: number },
): Generator<Batch, void, undefined> {
  const sampler = new BatchSampler(tokens, options);
  for (let drawn = 0; drawn < batches; drawn += 1) yield sampler.next();
}

/**
 * A whole text cut into consecutive blocks, so that every token but the first is a target exactly once.
 * The last batch may have fewer blocks, and the rest that fills no block comes last as a batch of one shorter block:
 * to average a loss over the text, weigh each batch by its `targets.length`.
 * @throws UserError when the text is not longer than a block, or the batch or block size is no positive integer
 */
export function* allBlocks(tokens: Tokens, { batch, block }: BatchSize): Generator<Batch, void, undefined> {
  requireBatchSize({ batch, block });
  requireBlock(tokens, block, 'The text to cut into blocks');
  const places = tokens.length - 1;
  const blocks = Math.floor(places / block);
  for (let first = 0; first < blocks; first += batch) {
    const count = Math.min(batch, blocks - first);
    yield consecutive(tokens, first * block, [count, block]);
  }
  if (places > blocks * block) yield consecutive(tokens, blocks * block, [1, places - blocks * block]);
}

function consecutive(tokens: Tokens, start: number, shape: readonly [number, number]): Batch {
  const end = start + shape[0] * shape[1];
  const both = tokens.subarray(start, end + 1);
  return { shape, tokens: both.slice(0, -1), targets: both.slice(1) };
}

function requireBatchSize({ batch, block }: BatchSize): void {
  for (const [name, size] of Object.entries({ batch, block })) {
    if (!Number.isInteger(size) || size < 1) {
      throw new UserError(`The ${name} size is ${size}; it must be a whole number of 1 or more (--${name}).`);
    }
  }
}
