import { concat, dimensionOf, slice, unsqueeze, type Value } from '../graph/index.ts';

/** One thing that a model keeps of every token it has read, so that the next run need not compute it again. */
export interface CacheSlot {
  /** What it is called in files: `0.key`, or of a layer whose heads are kept apart `0.3.key`. */
  readonly name: string;
  /** Which layer it is of, from 0. */
  readonly layer: number;
  /** Which head of the layer, where each head is kept apart. */
  readonly head?: number;
  readonly part: 'key' | 'value' | 'state';
}

/** What causal self-attention is computed from. The keys and values are those of the new tokens: none is cached yet. */
export interface AttentionInputs {
  readonly keySlot: CacheSlot;
  readonly valueSlot: CacheSlot;
  /** (B, H, T, D) each. */
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  /** What scores are multiplied by. */
  readonly scale: number;
  readonly block: number;
}

/**
 * What a program changes in a model while the model's graph is made: where tokens stand, what is cached, what drops, what is shown.
 * The layers of src/model ask for it; a definition never sees it.
 */
export interface ModelProgram {
  /** The rows of a table of positions (block, …) that belong to `tokens` (B, T): (T, …), or (B, T, …) where sequences differ. */
  positions(table: Value, tokens: Value): Value;
  /**
   * Which tokens see which: ones and zeros.
   * @param triangle (block, block): row t has ones up to column t
   * @param tokens (B, T): those that look
   * @param keys those looked at, S of them along `axis`
   * @returns (T, S), or (B, T, S) where the sequences of a batch differ
   */
  visible(triangle: Value, tokens: Value, keys: Value, axis: number): Value;
  /** With a cache: what it holds and `x`, joined along `axis`; else `x`. */
  cached(slot: CacheSlot, x: Value, axis: number): Value;
  /** In training: `x` with a share of its elements set to 0 and the others scaled up; else `x`. */
  dropout(x: Value, rate: number): Value;
  /** Makes a value an output under a name, where somebody asked for it. */
  tap(name: string, x: Value): void;
  /** Another formulation of softmax attention than Trilu, Where and Softmax: (B, H, T, D), the values mixed. */
  attention?(inputs: AttentionInputs): Value;
}

/** Tokens that follow one another from a place in the block on: 0, or (decoding) an int64 vector of one element. */
export function placedFrom(start: Value | 0): Pick<ModelProgram, 'positions' | 'visible'> {
  const positions = (table: Value, tokens: Value): Value => {
    const rest = start === 0 ? table : slice(table, { axis: 0, start });
    return slice(rest, { axis: 0, end: dimensionOf(tokens, 1), length: tokens.shape[1] ?? 0 }); // (T, …)
  };
  return {
    positions,
    visible: (triangle, tokens, keys, axis) =>
      slice(positions(triangle, tokens), { axis: 1, end: dimensionOf(keys, axis) }), // (T, S)
  };
}

/** A forward pass over whole sequences: nothing cached, nothing dropped, nothing shown. */
export const plainProgram: ModelProgram = {
  ...placedFrom(0),
  cached: (_slot, x) => x,
  dropout: (x) => x,
  tap: () => {},
};

/** What the layers of a model ask about while its graph is made. */
export interface Surroundings {
  readonly program: ModelProgram;
  /** int32 (B, T): the tokens that go through the model. */
  readonly tokens: Value;
  readonly block: number;
  /** The heads of the present layer, where it computes them one by one: how many were made, and what they show. */
  heads: { made: number; readonly shown: Shown[] } | undefined;
  /** How many layers with a cache came before. */
  layers: number;
}

/** What one head shows: (B, T, S) each. */
interface Shown {
  readonly scores: Value | undefined;
  readonly attention: Value | undefined;
}

/** Definitions are synchronous, so one is enough. */
let current: Surroundings | undefined;

/** Runs a definition inside a program. */
export function inProgram<Result>(
  program: ModelProgram,
  { tokens, block }: Pick<Surroundings, 'tokens' | 'block'>,
  define: () => Result,
): Result {
  const outer = current;
  current = { program, tokens, block, heads: undefined, layers: 0 };
  try {
    return define();
  } finally {
    current = outer;
  }
}

/** The program that a layer is in. @throws TypeError outside of a model's definition */
export function surroundings(): Surroundings {
  if (current === undefined) throw new TypeError('this layer works only inside the logits of a model (defineModel)');
  return current;
}

/**
 * Heads that a layer computes one by one: their attentions count as one layer, and are shown together.
 * @param make makes one head
 */
export function sideBySide<Result>(count: number, make: (head: number) => Result): Result[] {
  const now = surroundings();
  if (now.heads !== undefined) throw new TypeError('heads side by side have no heads side by side inside');
  const shown: Shown[] = [];
  now.heads = { made: 0, shown };
  try {
    return Array.from({ length: count }, (_, head) => make(head));
  } finally {
    now.heads = undefined;
    const layer = now.layers++;
    show(layer, shown);
  }
}

/** The layer and head of the attention that is being made, and how to show it. */
export function nextAttention(isHead: boolean): {
  readonly slot: (part: CacheSlot['part']) => CacheSlot;
  readonly show: (shown: Shown) => void;
} {
  const now = surroundings();
  const { heads } = now;
  const layer = heads === undefined ? now.layers++ : now.layers;
  const head = heads === undefined ? 0 : heads.made++;
  const slot = (part: CacheSlot['part']): CacheSlot =>
    isHead || heads !== undefined
      ? { name: `${layer}.${head}.${part}`, layer, head, part }
      : { name: `${layer}.${part}`, layer, part };
  return { slot, show: (shown) => (heads === undefined ? show(layer, [shown]) : heads.shown.push(shown)) };
}

/** `scores.{layer}` before the mask, `attention.{layer}` after the softmax, (B, H, T, S) each. */
function show(layer: number, heads: readonly Shown[]): void {
  const { program } = surroundings();
  for (const name of ['scores', 'attention'] as const) {
    const shown = heads.flatMap((head) => head[name] ?? []);
    const perHead = shown.map((value) => (value.rank === 3 ? unsqueeze(value, [1]) : value)); // (B, 1, T, S)
    const [first] = perHead;
    if (first !== undefined)
      program.tap(`${name}.${layer}`, perHead.length === 1 ? first : concat(perHead, { axis: 1 }));
  }
}
