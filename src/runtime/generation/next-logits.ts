import { UserError } from '../../errors.ts';
import type { RunOptions, Session } from '../session.ts';
import { type TensorOf, type Tensors, tensor } from '../tensor.ts';

/** The programs that a text is written with, at least one. */
export interface WritingPrograms {
  /** A forward program: `tokens` int32 [batch, time] → `logits` float32 [batch, time, vocabulary], or of the last token alone. */
  readonly forward?: Session;
  /**
   * A decode program: the same with the cache as state. In use by one continuation at a time. Where both are given it is used as long
   * as the texts fit into the block.
   */
  readonly decode?: Session;
}

/** The whole text of each row so far, at least one token; undefined for a row that has ended. */
export type Texts = readonly (readonly number[] | undefined)[];

/** Gives the logits after the last token of each text; undefined for rows that have ended. */
export type NextLogits = (texts: Texts) => Promise<readonly (Float32Array | undefined)[]>;

/** Padding in `tokens` for rows that have fewer, of a decode program whose cache counts its tokens. */
const noToken = -1;

/**
 * Reads texts with a program. A text longer than the block is read from its last `blockSize` tokens on, as the lecture does it.
 *
 * A forward program sees all of these for every new one; texts of different lengths are filled up on the right, where no token looks. One
 * that gives the last token's logits alone sees such texts one after another.
 * A decode program sees each prompt once and then one token of each row a step. Past the block the positions of all tokens in the window
 * change with every token, so nothing of the cache can be kept and each step computes the windows anew: with the forward program if there
 * is one. So does each step of a program whose cache grows, for texts of different lengths, which it can't hold.
 *
 * @throws UserError when there is no program, or a decode program without state
 */
export function nextLogits(
  { forward, decode }: WritingPrograms,
  { blockSize, signal }: RunOptions & { readonly blockSize: number },
): NextLogits {
  const options: RunOptions = signal === undefined ? {} : { signal };
  if (decode === undefined) {
    if (forward === undefined) throw new UserError('Generating needs a forward or a decode program.');
    return windows(forward, blockSize, options);
  }
  const { state } = decode.program;
  if (state.length === 0) {
    throw new UserError('The decode program has no state to keep its cache in (metadata "trilu.state").');
  }
  const countsItsTokens = state.some(({ input }) => input === 'cache.length');
  const cache = new Cache(decode, countsItsTokens ? noToken : 0, options);
  const anew: NextLogits =
    forward === undefined
      ? (texts) => cache.readOnce(texts.map((text) => text?.slice(-blockSize)))
      : windows(forward, blockSize, options);
  return async (texts) => {
    const lengths = texts.flatMap((text) => text?.length ?? []);
    const fits = lengths.every((length) => length <= blockSize);
    const even = lengths.every((length) => length === lengths[0]);
    if (fits && (even || countsItsTokens)) return cache.read(texts);
    cache.forget();
    return anew(texts);
  };
}

/** The number of tokens that a program takes at once, where its graph fixes it. */
function fixedTime({ program }: Session): number | undefined {
  const time = program.inputs.find(({ name }) => name === 'tokens')?.shape[1];
  return typeof time === 'number' ? time : undefined;
}

/** Whether a forward program gives the logits of the last token alone. */
function givesLast({ program }: Session): boolean {
  return program.outputs.find(({ name }) => name === 'logits')?.shape[1] === 1;
}

/** The last `blockSize` tokens of each text, every time. Rows that have ended are left out. */
function windows(forward: Session, blockSize: number, options: RunOptions): NextLogits {
  const lastOnly = givesLast(forward);
  const read = async (seen: readonly (readonly number[])[]): Promise<Float32Array[]> => {
    // A causal model's token sees nothing on its right: any token will do there.
    const { logits } = await forward.run({ tokens: filledUp(seen, 0, fixedTime(forward)) }, options);
    return seen.map((tokens, row) => logitsAt(logits, row, lastOnly ? 0 : tokens.length - 1));
  };
  return async (texts) => {
    const seen = texts.flatMap((text) => (text === undefined ? [] : [text.slice(-blockSize)]));
    const even = seen.every(({ length }) => length === seen[0]?.length);
    const found =
      lastOnly && !even ? (await Promise.all(seen.map((tokens) => read([tokens])))).flat() : await read(seen);
    return texts.map((text) => (text === undefined ? undefined : found.shift()));
  };
}

/** What a decode program's cache holds of one text. */
interface CachedRow {
  readonly row: number;
  held: number;
}

/** The cache of a decode program, from this side: what it holds already is not read again. */
class Cache {
  readonly #decode: Session;
  readonly #padding: number;
  readonly #options: RunOptions;
  /** In the order of the program's batch; undefined while it holds nothing. */
  #rows: CachedRow[] | undefined;

  constructor(decode: Session, padding: number, options: RunOptions) {
    this.#decode = decode;
    this.#padding = padding;
    this.#options = options;
  }

  /** What it holds is of no more use. */
  forget(): void {
    this.#rows = undefined;
  }

  /** Reads texts from their beginnings, and keeps nothing of them. */
  async readOnce(texts: Texts): Promise<readonly (Float32Array | undefined)[]> {
    this.forget();
    const found = await this.read(texts);
    this.forget();
    return found;
  }

  /** Rows that end stay in the batch and are given no token any more. */
  async read(texts: Texts): Promise<readonly (Float32Array | undefined)[]> {
    const rows = this.#rows ?? (await this.#start(texts));
    const unread = rows.map(({ row, held }) => texts[row]?.slice(held) ?? []);
    const longest = Math.max(...unread.map((tokens) => tokens.length));
    const time = fixedTime(this.#decode) ?? longest;
    const found = new Array<Float32Array | undefined>(texts.length).fill(undefined);
    for (let start = 0; start < longest; start += time) {
      const pieces = unread.map((tokens) => tokens.slice(start, start + time));
      const feeds = { tokens: filledUp(pieces, this.#padding, time) };
      const { logits } = await this.#decode.step(feeds, this.#options);
      for (const [index, { row }] of rows.entries()) {
        const last = (unread[index]?.length ?? 0) - 1 - start;
        if (last >= 0 && last < time) found[row] = logitsAt(logits, index, last);
      }
    }
    for (const cached of rows) cached.held = texts[cached.row]?.length ?? cached.held;
    return found;
  }

  async #start(texts: Texts): Promise<CachedRow[]> {
    await this.#decode.resetState();
    const live = [...texts.keys()].filter((row) => texts[row] !== undefined);
    this.#rows = live.map((row) => ({ row, held: 0 }));
    return this.#rows;
  }
}

/** Token lists under each other. @param time how long each is made; the longest unless told @returns int32 [rows, time] */
function filledUp(rows: readonly (readonly number[])[], padding: number, time?: number): TensorOf<'int32'> {
  const length = Math.max(time ?? 0, ...rows.map((tokens) => tokens.length));
  const data = new Int32Array(rows.length * length).fill(padding);
  for (const [row, tokens] of rows.entries()) data.set(tokens, row * length);
  return tensor('int32', [rows.length, length], data);
}

/** The logits of one token. @param logits [batch, time, vocabulary] @returns (vocabulary) */
function logitsAt(logits: Tensors[string] | undefined, row: number, position: number): Float32Array {
  if (logits?.type !== 'float32' || logits.shape.length !== 3) {
    throw new UserError('The program has no float32 output "logits" [batch, time, vocabulary] to draw tokens from.');
  }
  const [, time = 0, vocabulary = 0] = logits.shape;
  const start = (row * time + position) * vocabulary;
  return logits.data.subarray(start, start + vocabulary);
}
