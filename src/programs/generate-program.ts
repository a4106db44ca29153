import {
  add,
  cast,
  concat,
  constant,
  countOf,
  dimensionOf,
  expand,
  input,
  labelOfNumber,
  loop,
  max,
  min,
  numberOfLabel,
  rememberDimensions,
  sharingParameters,
  slice,
  squeeze,
  sub,
  turnNumber,
  unsqueeze,
  type Value,
} from '../graph/index.ts';
import { type CacheSlot, type ConfiguredModel, plainProgram } from '../model/index.ts';
import { attentionForm } from './attention-forms.ts';
import { cachedTurns } from './cached-turns.ts';
import type { Program } from './program.ts';
import { programGraph } from './program-graph.ts';
import { type FormOptions, tokenShape, tokensInput } from './program-options.ts';
import { uniforms } from './sample.ts';
import { makeWriter, type Writer } from './token-writer.ts';

export interface GenerateOptions extends FormOptions {
  /** The token that ends a text. Where all of a batch have ended, no more turns are made; unless told, none ends early. */
  readonly stop?: number;
  /** The characters, in id order: the program then takes and gives characters, not ids, so that a bare runtime can talk to it. */
  readonly characters?: readonly string[];
  /**
   * Whether turns with a cache are made in segments, a loop in a loop, `true` unless told: that copies less, and is faster in floating
   * point. ONNX Runtime prepares quantised weights one loop deep only: for these `false` is more than twice as fast.
   */
  readonly segmented?: boolean;
}

/**
 * The lecture's whole loop in one graph: tokens int32 (batch, time) and the scalars count int32, temperature float32, top_k int32,
 * top_p float32, seed int32 → generated int32 (batch, count). temperature 0 takes the likeliest character, top_k 0 and top_p 1 leave
 * all of them in. With `stop`, generated may be shorter than count, and a text that has ended repeats its last token. With
 * `characters`, the input `characters` takes the place of tokens, string (batch, time), and generated is string too.
 *
 * 1. The prompt's last block goes through the model at once; keys and values are kept.
 * 2. As long as the text fits into the block, one character a turn goes through it (see `cachedTurns`).
 * 3. After that each turn sees the last block of characters anew, because all of their places change: any length is exact.
 */
export function generateProgram(model: ConfiguredModel, options: GenerateOptions = {}): Program {
  return sharingParameters(() => generating(model, options));
}

function generating(
  model: ConfiguredModel,
  { sizes = {}, attention = 'trilu', stop, characters, segmented = true }: GenerateOptions,
): Program {
  const { block } = model;
  const given =
    characters === undefined ? tokensInput('tokens', sizes) : input('characters', 'string', tokenShape(sizes)); // (B, T)
  const tokens = characters === undefined ? given : cast(numberOfLabel(given, characters), 'int32');
  const count = input('count', 'int32', []);
  const temperature = input('temperature', 'float32', []);
  const topK = input('top_k', 'int32', []);
  const topP = input('top_p', 'float32', []);
  const seed = input('seed', 'int32', []);

  const wanted = cast(count, 'int64'); // ()
  const drawn = rememberDimensions(unsqueeze(add(wanted, 1), [0]), ['draws']); // one more, so that there always is one
  const steps = countOf(expand(constant(0), drawn), 0, 1); // (draws)
  const writer = makeWriter({ temperature, topK, topP, uniforms: uniforms(seed, tokens, steps) }, stop);

  const prompt = slice(tokens, { axis: 1, start: -block, length: 'prompt' }); // (B, prompt)
  const kept = new Map<string, Value>();
  const keep = ({ name }: CacheSlot, x: Value): Value => {
    kept.set(name, x);
    return x;
  };
  const promptLogits = model.logits(prompt, {
    ...plainProgram,
    cached: keep,
    ...attentionForm(attention, prompt, { past: () => undefined, keep }),
  });
  const first = writer.next(promptLogits, constant(0, 'int64')); // (B, 1)

  const left = sub(wanted, 1); // ()
  const promptLength = dimensionOf(prompt, 1); // (1)
  const room = sub(constant(block, 'int64'), squeeze(promptLength, [0])); // ()
  const turns = max(min(left, room), 0); // ()
  const inBlock = cachedTurns(model, { sizes, first, kept, promptLength, turns, writer, segmented }); // (B, 1 + turns)
  const written = windowTurns(model, {
    context: concat([tokens, inBlock], { axis: 1 }),
    turns: max(sub(left, turns), 0),
    before: add(turns, 1),
    writer,
    attention,
  });
  const [start, end] = [dimensionOf(tokens, 1), add(dimensionOf(tokens, 1), unsqueeze(wanted, [0]))];
  const length = stop === undefined ? 'count' : 'generated';
  const ids = slice(written, { axis: 1, start, end, length }); // (B, count)
  const generated = characters === undefined ? ids : labelOfNumber(cast(ids, 'int64'), characters);
  const graph = programGraph({
    name: `${model.name} generate`,
    inputs: {
      [characters === undefined ? 'tokens' : 'characters']: given,
      count,
      temperature,
      top_k: topK,
      top_p: topP,
      seed,
    },
    outputs: { generated },
  });
  return { name: 'generate', model, graph, state: [] };
}

interface WindowStart {
  /** int32 (B, length): all that is written, the prompt included. */
  readonly context: Value;
  /** int64 scalars: how many tokens to write, and how many were written before. */
  readonly turns: Value;
  readonly before: Value;
  readonly writer: Writer;
  readonly attention: NonNullable<FormOptions['attention']>;
}

/** Writes on, each turn seeing the last block anew. @returns int32 (B, length + turns) */
function windowTurns(model: ConfiguredModel, { context, turns, before, writer, attention }: WindowStart): Value {
  const text = input('context', 'int32', [...context.shape.slice(0, 1), 'length']);
  const turn = turnNumber();
  const window = slice(text, { axis: 1, start: -model.block, length: 'window' }); // (B, window)
  const logits = model.logits(window, { ...plainProgram, ...attentionForm(attention, window) });
  const last = (of: Value): Value => slice(of, { axis: 1, start: -1 }); // (B, 1)
  const next = writer.next(logits, add(turn, before), last(text)); // (B, 1)
  const { states } = loop({
    count: turns,
    turns: 'windowed',
    turn,
    states: [{ formal: text, initial: context, next: concat([text, next], { axis: 1 }) }],
    outputs: [],
    begins: writer.goesOn(last(context)),
    goOn: writer.goesOn(next),
  });
  return states[0] ?? context;
}
