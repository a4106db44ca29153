import * as v from 'valibot';
import { UserError } from '../../errors.ts';
import { describeCharacter, LONE_SURROGATE } from '../characters.ts';
import type { TokenDecoder, Tokenizer, TokenizerJson, TokenizerKind } from '../tokenizer.ts';

/** How many unknown characters an error names before it only counts them. */
const NAMED_AT_MOST = 8;

/** Code points below this take one UTF-16 code unit of a JavaScript string, the others two. */
const CODE_UNITS = 65536;

const LARGEST_CODE_POINT = 0x10ffff;

/**
 * Text ↔ token ids, one id per character, a character being a Unicode code point.
 * The same text goes back and forth unchanged: nothing is normalized, line ends and control characters included.
 *
 * A lone surrogate (half a character, which JavaScript strings can hold and UTF-8 cannot) never enters a vocabulary,
 * so `encode` reports it as unknown.
 */
export class CharacterTokenizer implements Tokenizer {
  readonly kind = 'characters';
  /** The characters in id order. */
  readonly characters: readonly string[];
  /** Id + 1 for each character of one code unit; 0 where there is none. */
  readonly #idOfCodeUnit: Uint32Array = new Uint32Array(CODE_UNITS);
  /** Id for each code point of two code units. */
  readonly #idOfCodePoint: Map<number, number> = new Map();

  private constructor(vocabulary: readonly string[]) {
    this.characters = Object.freeze([...vocabulary]);
    for (const [id, character] of this.characters.entries()) {
      const codePoint = character.codePointAt(0) ?? 0;
      if (codePoint < CODE_UNITS) this.#idOfCodeUnit[codePoint] = id + 1;
      else this.#idOfCodePoint.set(codePoint, id);
    }
  }

  /**
   * The tokenizer of all characters that occur in a text, in code point order (which is not the order of JavaScript's sort).
   * @throws UserError when the text is empty or holds a lone surrogate
   */
  static fromText(text: string): CharacterTokenizer {
    if (text === '') throw new UserError('The text is empty: a vocabulary needs at least one character.');
    const codePoints = [...distinctCodePoints(text)].sort((one, other) => one - other);
    const characters = codePoints.map((codePoint) => String.fromCodePoint(codePoint));
    const half = characters.find((character) => LONE_SURROGATE.test(character));
    if (half !== undefined) {
      const position = characterPosition(text, half);
      throw new UserError(
        `The text holds half a character, ${describeCharacter(half)}, at position ${position}: it is not valid Unicode; replace or remove it.`,
      );
    }
    return new CharacterTokenizer(characters);
  }

  /**
   * The tokenizer of a list of characters; a character's place in the list is its id.
   * @throws UserError when the list is empty, or an entry is empty, longer than one code point, a lone surrogate, or there twice
   */
  static fromVocabulary(vocabulary: readonly string[]): CharacterTokenizer {
    if (vocabulary.length === 0) throw new UserError('The vocabulary is empty: it needs at least one character.');
    const ids = new Map<string, number>();
    for (const [id, character] of vocabulary.entries()) {
      const problem = vocabularyProblem(character, ids.get(character));
      if (problem !== undefined) throw new UserError(`The vocabulary's entry ${id} ${problem}.`);
      ids.set(character, id);
    }
    return new CharacterTokenizer(vocabulary);
  }

  /** How many characters the vocabulary has. */
  get size(): number {
    return this.characters.length;
  }

  /**
   * The ids of a text's characters.
   * @param what what the text is, to begin an error's sentence: `The prompt`
   * @returns one id per code point
   * @throws UserError naming the characters that the vocabulary lacks
   */
  encode(text: string, what: string = 'The text'): Int32Array {
    const ids = new Int32Array(text.length);
    let count = 0;
    for (let index = 0; index < text.length; index += 1) {
      const id = (this.#idOfCodeUnit[text.charCodeAt(index)] ?? 0) - 1;
      if (id >= 0) {
        ids[count++] = id;
        continue;
      }
      const codePoint = text.codePointAt(index) ?? 0;
      const wideId = this.#idOfCodePoint.get(codePoint);
      if (wideId === undefined) throw this.#unknownCharacters(text, what);
      ids[count++] = wideId;
      index += 1; // the second half of the pair
    }
    return ids.slice(0, count);
  }

  /**
   * The text of some ids.
   * @throws UserError when an id is not in the vocabulary
   */
  decode(ids: Iterable<number>): string {
    const characters: string[] = [];
    for (const id of ids) {
      const character = this.characters[id];
      if (character === undefined) {
        throw new UserError(`There is no token ${id}: the vocabulary's ids run from 0 to ${this.size - 1}.`);
      }
      characters.push(character);
    }
    return characters.join('');
  }

  /** Each token is a whole character, which is given at once. */
  decoder(): TokenDecoder {
    return { push: (id) => this.decode([id]), end: () => '' };
  }

  /** As Hugging Face's tokenizers have it: byte-pair encoding that merges nothing, nothing normalized or split. */
  toJSON(): TokenizerJson {
    const vocab = Object.fromEntries(this.characters.map((character, id) => [character, id]));
    return { ...written, model: { ...written.model, vocab } };
  }

  /** Whether the vocabulary has this character. */
  has(character: string): boolean {
    const codePoint = character.codePointAt(0) ?? LARGEST_CODE_POINT + 1;
    if (character.length !== (codePoint < CODE_UNITS ? 1 : 2)) return false;
    return codePoint < CODE_UNITS ? this.#idOfCodeUnit[codePoint] !== 0 : this.#idOfCodePoint.has(codePoint);
  }

  #unknownCharacters(text: string, what: string): UserError {
    const unknown = [...new Set(text)].filter((character) => !this.has(character));
    const named = unknown.slice(0, NAMED_AT_MOST).map(describeCharacter).join(', ');
    const more = unknown.length > NAMED_AT_MOST ? ` and ${unknown.length - NAMED_AT_MOST} more` : '';
    const subject = unknown.length === 1 ? 'a character' : `${unknown.length} characters`;
    const them = unknown.length === 1 ? 'it' : 'them';
    const known = this.size === 1 ? '1 character' : `${this.size} characters`;
    return new UserError(
      `${what} has ${subject} that the model does not know: ${named}${more}; it knows ${known}: leave ${them} out, or train on a text that has ${them}.`,
    );
  }
}

/** What is wrong with an entry, to follow `entry 3`; undefined when nothing is. */
function vocabularyProblem(character: string, earlier: number | undefined): string | undefined {
  if (character === '') return 'is empty; each entry is one character';
  const [first = ''] = character;
  if (first !== character) return `is ${JSON.stringify(character)}; each entry is one character (one code point)`;
  if (LONE_SURROGATE.test(character)) return `is half a character, ${describeCharacter(character)}`;
  if (earlier !== undefined) return `is ${describeCharacter(character)}, which is entry ${earlier} already`;
  return undefined;
}

/** The code points that occur in a text, in no particular order. */
function distinctCodePoints(text: string): Set<number> {
  const seen = new Uint8Array(LARGEST_CODE_POINT + 1);
  const found = new Set<number>();
  for (let index = 0; index < text.length; index += 1) {
    const codePoint = text.codePointAt(index) ?? 0;
    if (codePoint >= CODE_UNITS) index += 1; // the second half of the pair
    if (seen[codePoint] === 1) continue;
    seen[codePoint] = 1;
    found.add(codePoint);
  }
  return found;
}

/** Where a character first stands in a text, counted in characters from 1. */
function characterPosition(text: string, character: string): number {
  let position = 1;
  for (const candidate of text) {
    if (candidate === character) break;
    position += 1;
  }
  return position;
}

/** All of it but the characters. */
const written = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  // Joins the characters; without a decoder, spaces would come between them.
  decoder: { type: 'Fuse' },
  model: {
    type: 'BPE',
    dropout: null,
    // Not in the vocabulary, on purpose: without it, characters that the model doesn't know would be left out without a word.
    unk_token: 'unknown character',
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: {},
    merges: [],
  },
};

/** Tokenizers with one token a character. */
export const characterTokenizers: TokenizerKind<CharacterTokenizer> = {
  name: 'characters',
  reads: isOfCharacters,
  fromJSON: (json, source) => fromWrittenForm(json, source),
  fromText: (text) => CharacterTokenizer.fromText(text),
};

const nothing = v.nullish(v.null());

/** What text goes through unchanged, in single characters. */
const form = v.object({
  normalizer: nothing,
  pre_tokenizer: nothing,
  added_tokens: v.optional(v.array(v.object({ content: v.string() })), []),
  model: v.object({
    type: v.literal('BPE'),
    vocab: v.custom<object>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      'not an object',
    ),
    merges: v.pipe(
      v.array(v.unknown()),
      v.maxLength(0, 'it merges characters, so its tokens are not single characters'),
    ),
    continuing_subword_prefix: v.nullish(v.literal('')),
    end_of_word_suffix: v.nullish(v.literal('')),
  }),
});

/** An empty token is told by whoever reads them. */
function isOfCharacters(json: TokenizerJson): boolean {
  if (!v.is(form, json)) return false;
  const { added_tokens: added = [], model } = json;
  const tokens = Object.keys(model.vocab);
  return (
    tokens.every((token) => [...token].length <= 1) && added.every(({ content }) => Object.hasOwn(model.vocab, content))
  );
}

/** @throws UserError when it is not a tokenizer of single characters, or its ids are not 0, 1, 2, … each once */
function fromWrittenForm(json: TokenizerJson, source: string): CharacterTokenizer {
  const parsed = v.safeParse(form, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UserError(
      `${source} is not the tokenizer of a character model: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}.`,
    );
  }
  const ids: [string, unknown][] = Object.entries(parsed.output.model.vocab);
  const vocabulary: string[] = [];
  for (const [character, id] of ids) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= ids.length) {
      throw new UserError(
        `${source} gives ${JSON.stringify(character)} the id ${JSON.stringify(id)}: its ${ids.length} ids must be 0 to ${ids.length - 1}.`,
      );
    }
    const other = vocabulary[id];
    if (other !== undefined) {
      throw new UserError(
        `${source} gives the id ${id} twice, to ${JSON.stringify(other)} and ${JSON.stringify(character)}.`,
      );
    }
    vocabulary[id] = character;
  }
  try {
    return CharacterTokenizer.fromVocabulary(vocabulary);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`${source} is not the tokenizer of a character model. ${cause.message}`, { cause });
  }
}
