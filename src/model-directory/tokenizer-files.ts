import { lineStart, type Tokenizer, type TokenizerJson } from '../text/tokenizer.ts';

/** What the vocabulary takes the place of; nothing else in the file is such a text. */
const place = 'the vocabulary';

/** The text of `tokenizer.json`, with a vocabulary by tokens in id order. */
export function tokenizerJson(tokenizer: Tokenizer): string {
  const json = tokenizer.toJSON();
  const vocab = vocabularyOf(json);
  if (vocab === undefined) return `${JSON.stringify(json, null, 2)}\n`;
  const entries = Object.entries(vocab).sort(([, one], [, other]) => Number(one) - Number(other));
  const lines = entries.map(([token, id]) => `      ${JSON.stringify(token)}: ${JSON.stringify(id)}`);
  // Written by hand, because an object would put the digits first.
  const filled = `{\n${lines.join(',\n')}\n    }`;
  const text = JSON.stringify({ ...json, model: { ...Object(json.model), vocab: place } }, null, 2);
  return `${text.replace(JSON.stringify(place), () => filled)}\n`;
}

function vocabularyOf({ model }: TokenizerJson): object | undefined {
  const vocab: unknown = typeof model === 'object' && model !== null && 'vocab' in model ? model.vocab : undefined;
  const isObject = typeof vocab === 'object' && vocab !== null && !Array.isArray(vocab);
  return isObject && Object.keys(vocab).length > 0 ? vocab : undefined;
}

/**
 * `tokenizer_config.json` to go with it: nothing added, nothing cleaned up, padding on the left.
 * A tokenizer of characters has no token for padding, which one of its characters must be then: the newline, or else the first of them.
 */
export function tokenizerConfigJson(tokenizer: Tokenizer): string {
  const { characters, specialTokens = {} } = tokenizer;
  const text = (id: number | null | undefined): string | null => (id == null ? null : tokenizer.decode([id]));
  const { bos_token_id: begin, eos_token_id: end, pad_token_id: padding } = specialTokens;
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    // The default would drop spaces before punctuation.
    clean_up_tokenization_spaces: false,
    add_bos_token: false,
    add_eos_token: false,
    bos_token: text(begin),
    eos_token: text(typeof end === 'object' ? end?.[0] : end),
    unk_token: null,
    pad_token: text(padding) ?? (characters === undefined ? null : lineStart(tokenizer)),
    padding_side: 'left',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * `special_tokens_map.json`, which overrules that file for transformers in Python: no padding token. There, the padding token is left
 * out of generated text wherever it stands, and ours is an ordinary character; transformers.js, which goes by the other file, keeps it.
 */
export function specialTokensMapJson(): string {
  return `${JSON.stringify({ pad_token: null }, null, 2)}\n`;
}
