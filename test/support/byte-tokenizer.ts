import { defineTokenizer, type TokenDecoder, type Tokenizer, type TokenizerKind } from '../../src/index.ts';

/** A tokenizer as anybody may add one: a token for each byte of UTF-8. */
class ByteTokenizer implements Tokenizer {
  readonly kind = 'bytes';
  readonly size = 256;

  encode(text: string): Int32Array {
    return Int32Array.from(new TextEncoder().encode(text));
  }

  decode(ids: Iterable<number>): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(ids));
  }

  decoder(): TokenDecoder {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return { push: (id) => decoder.decode(Uint8Array.of(id), { stream: true }), end: () => decoder.decode() };
  }

  toJSON(): { readonly model: { readonly type: 'Bytes' } } {
    return { model: { type: 'Bytes' } };
  }
}

/** The one tokenizer of its kind. */
export const byteTokenizer: Tokenizer = new ByteTokenizer();

/** Its kind. It is defined here, once for all files that share a process. */
export const byteTokenizers: TokenizerKind = defineTokenizer({
  name: 'bytes',
  reads: ({ model }) => JSON.stringify(model) === '{"type":"Bytes"}',
  fromJSON: () => byteTokenizer,
  fromText: () => byteTokenizer,
});
