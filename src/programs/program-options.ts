import type { Dimension } from '../graph/index.ts';
import { input, type Value } from '../graph/index.ts';

/**
 * How attention is computed: `trilu`, as the models spell it out, a mask of Trilu, Where and Softmax in plain operators; `fused`, ONNX's
 * Attention (opset 23); `group-query`, ONNX Runtime's GroupQueryAttention, which no other runtime has.
 */
export type AttentionForm = 'trilu' | 'fused' | 'group-query';

/** What can be chosen for every program that only reads a model. */
export interface FormOptions {
  /** Sizes that are numbers in the file, for tools that know no symbols. */
  readonly sizes?: Sizes;
  /** How attention is computed; `trilu` unless told. */
  readonly attention?: AttentionForm;
}

/** The sizes of `tokens`; a symbol where none is given. */
export interface Sizes {
  readonly batch?: number;
  readonly time?: number;
}

/** The axes of tokens, by number or symbol. */
export function tokenShape({ batch, time }: Sizes = {}): Dimension[] {
  return [batch ?? 'batch', time ?? 'time'];
}

/** An input of ids, int32 (batch, time). */
export function tokensInput(name: string, sizes?: Sizes): Value {
  return input(name, 'int32', tokenShape(sizes));
}
