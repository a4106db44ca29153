import {
  add,
  concat,
  constant,
  dimensionOf,
  div,
  gather,
  input,
  type LoopResult,
  loop,
  matMul,
  min,
  mul,
  slice,
  softmax,
  squeeze,
  sub,
  transpose,
  turnNumber,
  unsqueeze,
  type Value,
} from '../graph/index.ts';
import { type CacheSlot, type ConfiguredModel, type ModelProgram, plainProgram } from '../model/index.ts';
import { type CachedTensor, traceCaches } from './caches.ts';
import { type Sizes, tokenShape } from './program-options.ts';
import type { Writer } from './token-writer.ts';

export interface CacheStart {
  readonly sizes: Sizes;
  /** int32 (B, 1): the first character written. */
  readonly first: Value;
  /** What was remembered of the prompt. */
  readonly kept: ReadonlyMap<string, Value>;
  /** int64 (1): how many characters of the prompt were kept. */
  readonly promptLength: Value;
  /** int64 scalar: how many more to write. */
  readonly turns: Value;
  readonly writer: Writer;
  /** Whether turns are made in segments. */
  readonly segmented: boolean;
}

/**
 * Writes on, a character a turn, while the text fits into the block. What is kept of it is in two parts: the past, which does not change
 * while turns are made, so that nothing of it is copied; and the recent, which grows by a character a turn. Segmented, the recent joins
 * the past after some turns: a loop in a loop, which copies least.
 * @returns int32 (B, 1 + turns), the first included
 */
export function cachedTurns(model: ConfiguredModel, start: CacheStart): Value {
  const parts = traceCaches(model, { sizes: start.sizes, ownAttention: true }).map((tensor) =>
    partsOf(tensor, start.kept),
  );
  return start.segmented ? inSegments(model, start, parts) : inOneGo(model, start, parts);
}

function inOneGo(
  model: ConfiguredModel,
  { sizes, first, promptLength, turns, writer }: CacheStart,
  parts: readonly Parts[],
): Value {
  const { outputs } = turnByTurn(model, {
    sizes,
    writer,
    last: first,
    place: promptLength,
    step: constant(1, 'int64'),
    turns,
    parts: parts.map((part) => ({ ...part, past: part.initial })),
    begins: writer.goesOn(first),
  });
  return concat([first, rowsOf(outputs[0] ?? first)], { axis: 1 });
}

function inSegments(
  model: ConfiguredModel,
  { sizes, first, promptLength, turns, writer }: CacheStart,
  parts: readonly Parts[],
): Value {
  const length = Math.ceil(Math.sqrt(model.block)); // where a turn copies least, of the recent and its share of the past
  const segment = turnNumber();
  const done = mul(segment, length); // (): turns before this segment
  const last = input('last_of_segment', 'int32', first.shape);
  const inner = turnByTurn(model, {
    sizes,
    writer,
    last,
    place: add(promptLength, done),
    step: add(done, 1),
    turns: min(sub(turns, done), length),
    parts,
  });
  const [lastToken = last, ...recents] = inner.states;
  const text = input('text', 'int32', [...first.shape.slice(0, 1), 'written']);
  const outer = loop({
    count: div(add(turns, length - 1), length),
    turns: 'segments',
    turn: segment,
    states: [
      { formal: last, initial: first, next: lastToken },
      { formal: text, initial: first, next: concat([text, rowsOf(inner.outputs[0] ?? last)], { axis: 1 }) },
      ...parts.map(({ past, initial, axis }, index) => ({
        formal: past,
        initial,
        next: concat([past, recents[index] ?? past], { axis }),
      })),
    ],
    outputs: [],
    begins: writer.goesOn(first),
    goOn: writer.goesOn(lastToken),
  });
  return outer.states[1] ?? first;
}

/** @param tokens int32 (turns, B, 1) @returns (B, turns) */
function rowsOf(tokens: Value): Value {
  return transpose(squeeze(tokens, [2]));
}

interface Turns {
  readonly sizes: Sizes;
  readonly writer: Writer;
  /** int32 (B, 1): the token before the first turn. */
  readonly last: Value;
  /** int64 (1): where it stands in the block. */
  readonly place: Value;
  /** int64 scalars: how many were written before the first turn, and how many turns there are. */
  readonly step: Value;
  readonly turns: Value;
  readonly parts: readonly Parts[];
  readonly begins?: Value | undefined;
}

/** The loop: the states are the last token and what is recent, the output each turn's token, (turns, B, 1). */
function turnByTurn(
  model: ConfiguredModel,
  { sizes, writer, last, place, step, turns, parts, begins }: Turns,
): LoopResult {
  const turn = turnNumber();
  const before = input('last', 'int32', tokenShape({ ...sizes, time: 1 }));
  const { logits, recents } = oneTurn(model, before, parts, add(place, turn));
  const token = writer.next(logits, add(step, turn), before); // (B, 1)
  return loop({
    count: turns,
    turns: 'turns',
    turn,
    states: [
      { formal: before, initial: last, next: token },
      ...parts.map(({ recent, past, axis, name }) => ({
        formal: recent,
        initial: slice(past, { axis, end: 0 }),
        next: recents.get(name) ?? recent,
      })),
    ],
    outputs: [token],
    begins,
    goOn: writer.goesOn(token),
  });
}

/** What is kept under one name, in its two parts. */
interface Parts {
  readonly name: string;
  readonly axis: number;
  /** What was kept of the prompt. */
  readonly initial: Value;
  /** The leaves that stand for the parts inside the loops. */
  readonly past: Value;
  readonly recent: Value;
}

function partsOf({ slot: { name }, value, axis }: CachedTensor, kept: ReadonlyMap<string, Value>): Parts {
  const prompt = kept.get(name);
  if (prompt === undefined) throw new TypeError(`nothing was kept of ${name}`);
  const part = (length: string): Value =>
    input(
      `${length}.${name}`,
      value.type,
      value.shape.map((size, place) => (place === axis ? length : size)),
    );
  // A single head's keys are a matrix in the prompt, and one of a row of heads in what follows.
  return {
    name,
    axis,
    initial: prompt.rank < value.rank ? unsqueeze(prompt, [1]) : prompt,
    past: part('past'),
    recent: part('recent'),
  };
}

/** One character through the model. @param last int32 (B, 1) @param place int64 (1): where it stands in the block */
function oneTurn(
  model: ConfiguredModel,
  last: Value,
  parts: readonly Parts[],
  place: Value,
): { logits: Value; recents: ReadonlyMap<string, Value> } {
  const recents = new Map<string, Value>();
  const byName = new Map(parts.map((part) => [part.name, part]));
  const keep = ({ name }: CacheSlot, x: Value): [past: Value, recent: Value] => {
    const part = byName.get(name);
    if (part === undefined) throw new TypeError(`${name} was not cached in the trace`);
    const recent = concat([part.recent, x], { axis: part.axis });
    recents.set(name, recent);
    return [part.past, recent];
  };
  const positions = (table: Value): Value => gather(table, place); // (1, …)
  const logits = model.logits(last, {
    ...plainProgram,
    positions,
    visible: (triangle, _tokens, keys, axis) => slice(positions(triangle), { axis: 1, end: dimensionOf(keys, axis) }), // (1, S)
    cached: (slot, x, axis) => concat(keep(slot, x), { axis }),
    attention: twoPartAttention(keep),
  });
  return { logits, recents };
}

/**
 * The attention of one token, over keys and values in two parts that are never joined. It is the last one, so it sees all of them.
 * @param keep adds to what is kept under a name, and gives both parts
 */
function twoPartAttention(
  keep: (slot: CacheSlot, x: Value) => [past: Value, recent: Value],
): NonNullable<ModelProgram['attention']> {
  return ({ keySlot, valueSlot, query, key, value, scale }) => {
    const [keys, recentKeys] = keep(keySlot, key); // (B, H, P, D), (B, H, R, D)
    const [values, recentValues] = keep(valueSlot, value);
    const scores = [keys, recentKeys].map((part) => mul(matMul(query, transpose(part, [0, 1, 3, 2])), scale));
    const weights = softmax(concat(scores, { axis: 3 }), { axis: -1 }); // (B, H, 1, P + R)
    const [length, rest] = [dimensionOf(keys, 2), keys.shape[2] ?? 0];
    const ofPast = slice(weights, { axis: 3, end: length, length: rest });
    const ofRecent = slice(weights, { axis: 3, start: length, length: recentKeys.shape[2] ?? 0 });
    return add(matMul(ofPast, values), matMul(ofRecent, recentValues)); // (B, H, 1, D)
  };
}
