import { gptSettings } from '../../bench/common/models.ts';
import type { ConfiguredModel } from '../../src/model/index.ts';

type Vector = readonly number[];
type Weights = ReadonlyMap<string, Float32Array>;

const dot = (left: Vector, right: Vector): number =>
  left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
const plus = (left: Vector, right: Vector): number[] => left.map((value, index) => value + (right[index] ?? 0));

/**
 * The logits of one text by GPT-2's formulas, one position and one head at a time, in float64: slow, plain, and written without
 * any of the library's operators. @returns (T, V)
 */
export function gptLogits(model: ConfiguredModel, weights: Weights, tokens: readonly number[]): number[][] {
  const { embedding: C, layers, heads, bias, activation, tied, vocabulary } = gptSettings(model);
  const D = C / heads;
  const get = (name: string): Float32Array => {
    const found = weights.get(name);
    if (found === undefined) throw new Error(`no weights ${name}`);
    return found;
  };
  const row = (name: string, index: number, size: number): number[] =>
    Array.from(get(name).subarray(index * size, (index + 1) * size));
  const linear = (name: string, x: Vector, size: number): number[] => {
    const weight = get(`${name}.weight`); // (in, out)
    const column = (index: number): number[] => x.map((_, step) => weight[step * size + index] ?? 0);
    const product = Array.from({ length: size }, (_, index) => dot(x, column(index)));
    return bias ? plus(product, Array.from(get(`${name}.bias`))) : product;
  };
  const layerNorm = (name: string, x: Vector): number[] => {
    const mean = x.reduce((sum, value) => sum + value, 0) / C;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / C;
    const scaled = x.map(
      (value, index) => ((value - mean) / Math.sqrt(variance + 1e-5)) * (get(`${name}.weight`)[index] ?? 0),
    );
    return bias ? plus(scaled, Array.from(get(`${name}.bias`))) : scaled;
  };
  const activate = (x: number): number => (activation === 'relu' ? Math.max(0, x) : x * normalBelow(x));

  let stream = tokens.map((token, position) =>
    plus(row('transformer.wte.weight', token, C), row('transformer.wpe.weight', position, C)),
  );
  for (let layer = 0; layer < layers; layer += 1) {
    const block = `transformer.h.${layer}`;
    const joint = stream.map((x) => linear(`${block}.attn.c_attn`, layerNorm(`${block}.ln_1`, x), 3 * C));
    const part = (position: number, which: number, head: number): number[] =>
      (joint[position] ?? []).slice(which * C + head * D, which * C + (head + 1) * D);
    stream = stream.map((x, position) => {
      const mixed = Array.from({ length: heads }, (_, head) => {
        const scores = tokens
          .slice(0, position + 1)
          .map((_, past) => dot(part(position, 0, head), part(past, 1, head)) / Math.sqrt(D));
        const highest = Math.max(...scores);
        const powers = scores.map((score) => Math.exp(score - highest));
        const total = powers.reduce((sum, power) => sum + power, 0);
        return powers.reduce<number[]>(
          (sum, power, past) =>
            plus(
              sum,
              part(past, 2, head).map((value) => (value * power) / total),
            ),
          new Array<number>(D).fill(0),
        );
      });
      return plus(x, linear(`${block}.attn.c_proj`, mixed.flat(), C));
    });
    stream = stream.map((x) => {
      const inner = linear(`${block}.mlp.c_fc`, layerNorm(`${block}.ln_2`, x), 4 * C).map(activate);
      return plus(x, linear(`${block}.mlp.c_proj`, inner, C));
    });
  }
  const output = tied ? 'transformer.wte.weight' : 'lm_head.weight';
  return stream.map((x) => {
    const last = layerNorm('transformer.ln_f', x);
    return Array.from({ length: vocabulary }, (_, token) => dot(last, row(output, token, C)));
  });
}

/** The normal distribution's mass below x, by integrating its density (Simpson's rule). */
function normalBelow(x: number): number {
  const density = (t: number): number => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  const bounded = Math.max(-12, Math.min(12, x));
  const steps = 2000;
  const width = bounded / steps;
  let sum = density(0) + density(bounded);
  for (let step = 1; step < steps; step += 1) sum += density(step * width) * (step % 2 === 0 ? 2 : 4);
  return 0.5 + (sum * width) / 3;
}
