import type { ElementType, Shape, Value } from '../../../src/graph/index.ts';
import { uniform } from '../../../src/random/counter.ts';
import { elementCount } from '../../../src/runtime/tensor.ts';
import { evaluateShape } from '../../support/evaluate-dimension.ts';
import type { NumberArray } from '../../support/number-array.ts';

/** What the symbols stand for when a graph runs. */
const sizes = { batch: 2, time: 3, past: 2, steps: 3 };

/** Types that can be fed: no runtime in JavaScript takes elements of less than a byte. */
type FedType = Exclude<ElementType, 'int4' | 'uint4'>;

/** One input of a call: a type, a shape (with symbols in one half of the tests) and its elements. */
export interface Given {
  readonly type: FedType;
  readonly shape: Shape;
  readonly array: NumberArray;
}

function given(type: FedType, shape: Shape, element: (position: number) => number): Given {
  const actual = evaluateShape(shape, sizes);
  const data = Array.from({ length: elementCount(actual) }, (_, position) => element(position));
  return { type, shape, array: { shape: actual, data } };
}

/** Floats between two bounds, the same at each run. */
export const floats = (shape: Shape, low: number = -2, high: number = 2, seed: number = 1): Given =>
  given('float32', shape, (position) => Math.fround(low + (high - low) * uniform(seed, position)));
/** Whole numbers from `low` up to, but without, `high`. */
export const integers = (shape: Shape, low: number, high: number, type: FedType = 'int32', seed = 2): Given =>
  given(type, shape, (position) => Math.floor(low + (high - low) * uniform(seed, position)));
export const flags = (shape: Shape, seed = 3): Given =>
  given('bool', shape, (position) => (uniform(seed, position) < 0.5 ? 1 : 0));
export const elements = (type: FedType, shape: Shape, data: readonly number[]): Given =>
  given(type, shape, (position) => data[position] ?? 0);

export type Yields = readonly [type: ElementType, shape: Shape];

/** A call, what it must be inferred to yield, and what it must compute. */
export interface Row {
  /** The exported function. */
  readonly operator: string;
  readonly what: string;
  readonly inputs: readonly Given[];
  readonly call: (...values: Value[]) => readonly Value[];
  readonly yields: readonly Yields[];
  readonly expected: (...arrays: NumberArray[]) => readonly NumberArray[];
}

/** A call of one output: the exported function's name, what is special, the inputs, the call, what it yields, and a reference. */
export type AddRow = (
  operator: string,
  what: string,
  inputs: readonly Given[],
  call: (...values: Value[]) => Value,
  yields: Yields,
  expected: (...arrays: NumberArray[]) => NumberArray,
) => void;

/** A list of rows, and a function that adds one. */
export function table(): { readonly rows: Row[]; readonly row: AddRow } {
  const rows: Row[] = [];
  const row: AddRow = (operator, what, inputs, call, yields, expected) => {
    rows.push({
      operator,
      what,
      inputs,
      call: (...values) => [call(...values)],
      yields: [yields],
      expected: (...arrays) => [expected(...arrays)],
    });
  };
  return { rows, row };
}

/** The shape of a batch of texts of vectors. */
export const B: Shape = ['batch', 'time', 4];
