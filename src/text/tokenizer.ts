import { UserError } from '../errors.ts';

/** The object of a `tokenizer.json`: Hugging Face's format. */
export type TokenizerJson = Readonly<Record<string, unknown>>;

/** Ids of tokens that are no text, by the keys that Hugging Face's config.json has for them. */
export interface SpecialTokens {
  readonly bos_token_id?: number | null;
  readonly eos_token_id?: number | readonly number[] | null;
  readonly pad_token_id?: number | null;
}

/** Text ↔ token ids. The ids are 0 … size − 1, which is what a model's vocabulary size is. */
export interface Tokenizer {
  /** The name of its kind: `characters`. */
  readonly kind: string;
  /** How many ids there are. */
  readonly size: number;
  /** Where a text begins and ends and what pads it, for a tokenizer that has tokens for that. */
  readonly specialTokens?: SpecialTokens;
  /**
   * The characters in id order, where each token is one character (one code point) and nothing else. The .onnx files of its models say
   * them as `trilu.vocabulary`; those of other models have the tokenizer's written form, `trilu.tokenizer`.
   */
  readonly characters?: readonly string[];
  /**
   * The ids of a text.
   * @param what what the text is, to begin an error's sentence: `The prompt`
   * @throws UserError for a text that it has no ids for
   */
  encode(text: string, what?: string): Int32Array;
  /**
   * The text of some ids.
   * @throws UserError for an id that it has not
   */
  decode(ids: Iterable<number>): string;
  /** Decodes ids that come one after another, so that no character is ever given out in parts. */
  decoder(): TokenDecoder;
  /**
   * Its written form, from which its kind makes it again: as Hugging Face's tokenizers read it, or, where they have nothing of the kind,
   * with a `model.type` of its own.
   */
  toJSON(): TokenizerJson;
}

/** The text of ids that come one after another: all that it gives, joined, is what `decode` makes of all of them. */
export interface TokenDecoder {
  /** The text that the next id completes: none while it is only a part of a character. */
  push(id: number): string;
  /** There are no more ids. @returns what is left of the text, such as U+FFFD for a part of a character */
  end(): string;
}

/** Makes a tokenizer from a text that comes in parts. */
export interface TokenizerBuilder<Made extends Tokenizer = Tokenizer> {
  /** Takes the next part of the text, which begins and ends at the borders of characters. */
  add(part: string): void;
  /** There is no more text. */
  finish(): Made;
}

/** A kind of tokenizer: what makes one, from its written form or from a text. */
export interface TokenizerKind<Made extends Tokenizer = Tokenizer> {
  readonly name: string;
  /** Whether a `tokenizer.json` is of this kind. */
  reads(json: TokenizerJson): boolean;
  /**
   * The tokenizer of a written form.
   * @param source what to call the file in an error, as the start of a sentence
   * @throws UserError when the form is damaged
   */
  fromJSON(json: TokenizerJson, source: string): Made;
  /** The tokenizer that suits a text. A kind without it (and without `builder`) is never made from a text. */
  fromText?(text: string): Made;
  /** The same for a text that is too large to be held; without it, large texts are held all the same. */
  builder?(): TokenizerBuilder<Made>;
}

/** What a tokenizer's tokens are called where they are counted. */
export function unitOf({ characters }: Pick<Tokenizer, 'characters'>): 'character' | 'token' {
  return characters === undefined ? 'token' : 'character';
}

/** What a text without a beginning begins after: the end of a line, or the first token where there are no lines. */
export function lineStart(tokenizer: Tokenizer): string {
  try {
    if (tokenizer.encode('\n').length > 0) return '\n';
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
  return tokenizer.decode([0]);
}

/**
 * Refuses a tokenizer that is not a model's own.
 * @param vocabularySize how many ids the model has
 * @throws UserError when it has more or fewer ids
 */
export function requireSize(tokenizer: Tokenizer, vocabularySize: number): void {
  if (tokenizer.size === vocabularySize) return;
  throw new UserError(
    `The tokenizer (${tokenizer.kind}) has ${tokenizer.size} ids, but the model's vocabulary size is ${vocabularySize}: make the model for this tokenizer's size, or take the tokenizer that the model was made for.`,
  );
}

/** A tokenizer of a kind for a text. @throws UserError when the kind can't be made from a text */
export function tokenizerBuilder(kind: TokenizerKind): TokenizerBuilder {
  if (kind.builder !== undefined) return kind.builder();
  const parts: string[] = [];
  return { add: (part) => parts.push(part), finish: () => tokenizerFromText(kind, parts.join('')) };
}

/** A tokenizer of a kind for a text that is held. @throws UserError when the kind can't be made from a text */
export function tokenizerFromText(kind: TokenizerKind, text: string): Tokenizer {
  if (kind.fromText !== undefined) return kind.fromText(text);
  const builder = kind.builder?.();
  if (builder === undefined) {
    throw new UserError(
      `A tokenizer of the kind ${kind.name} can't be made from a text (it has no fromText): give one that is made.`,
    );
  }
  builder.add(text);
  return builder.finish();
}
