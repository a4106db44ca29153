/**
 * What a step determines of a parameter: all but the bias of the keys, the middle third of c_attn.bias. It moves all scores
 * of a row alike, so its gradient is 0 but for rounding, and AdamW makes steps of that noise.
 */
export function determined(name: string, numbers: readonly number[]): readonly number[] {
  const third = numbers.length / 3;
  return name.endsWith('c_attn.bias') ? [...numbers.slice(0, third), ...numbers.slice(2 * third)] : numbers;
}
