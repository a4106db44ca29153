import { tinyVocabulary } from './tiny-models.ts';

/** What `tinyForward` and `tinyDecode` compute, in JavaScript: the logits after a text. */
export function tinyLogits(text: readonly number[]): Float32Array {
  const sum = text.reduce((total, token) => total + token + 1, 0);
  return Float32Array.from({ length: tinyVocabulary }, (_, token) => 3 * Math.sin((token + 1) * sum));
}
