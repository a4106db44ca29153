import { UserError } from '../errors.ts';
import type { StatePair, ValueDescription } from './session.ts';
import type { Tensor } from './tensor.ts';

/** What is checked of a tensor: not its elements. */
export type TensorHead = Pick<Tensor, 'type' | 'shape'>;

/** Where a symbol's size was seen first. */
interface Binding {
  readonly size: number;
  readonly input: string;
  readonly dimension: number;
}

/** The sizes of symbols such as `batch` and `time` in one run. */
export type Bindings = Map<string, Binding>;

function head({ type, shape }: { type: string; shape: readonly (number | string)[] }): string {
  return `${type} [${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`;
}

/** Names in quotes for a message, the first dozen of them. */
export function quoted(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const listed = names.slice(0, 12).map((name) => `"${name}"`);
  return names.length > 12 ? `${listed.join(', ')} and ${names.length - 12} more` : listed.join(', ');
}

/** Checks one tensor against its declaration; adds the sizes of its symbols to `bindings`. */
export function checkTensor(declared: ValueDescription, given: TensorHead, bindings: Bindings): void {
  const expected = `Input "${declared.name}" must be ${head(declared)}`;
  if (given.type !== declared.type || given.shape.length !== declared.shape.length) {
    throw new UserError(`${expected}, but ${head(given)} was given.`);
  }
  for (const [dimension, size] of given.shape.entries()) {
    const wanted = declared.shape[dimension];
    if (wanted === undefined || wanted === '') continue;
    if (typeof wanted === 'number') {
      if (wanted === size) continue;
      throw new UserError(`${expected}, but ${head(given)} was given: dimension ${dimension} is ${size}.`);
    }
    const bound = bindings.get(wanted);
    if (bound === undefined) bindings.set(wanted, { size, input: declared.name, dimension });
    else if (bound.size !== size) {
      throw new UserError(
        `Input "${declared.name}" has ${wanted} = ${size} (dimension ${dimension} of ${head(given)}), ` +
          `but input "${bound.input}" has ${wanted} = ${bound.size}.`,
      );
    }
  }
}

/**
 * Checks feeds against the declared inputs before a run: every input given and no other, each of its type, rank and
 * fixed sizes, and each symbol with one size in all inputs.
 *
 * @param state the pairs whose inputs the caller must *not* give (for a step); empty for a run
 * @returns the sizes of the symbols
 * @throws UserError naming the input, what is expected and what was given
 */
export function checkFeeds(
  inputs: readonly ValueDescription[],
  feeds: Readonly<Record<string, TensorHead>>,
  state: readonly StatePair[] = [],
): Bindings {
  const carried = new Set(state.map((pair) => pair.input));
  const wanted = inputs.filter((input) => !carried.has(input.name));
  const names = wanted.map((input) => input.name);
  for (const name of Object.keys(feeds)) {
    if (carried.has(name)) {
      throw new UserError(`Input "${name}" is state, which a step carries by itself: give it to setState() instead.`);
    }
    if (!names.includes(name)) {
      throw new UserError(`The program has no input "${name}": its inputs are ${quoted(names)}.`);
    }
  }
  const bindings: Bindings = new Map();
  for (const input of wanted) {
    const given = feeds[input.name];
    if (given === undefined) {
      throw new UserError(
        `Input "${input.name}" (${head(input)}) is missing: ${quoted(Object.keys(feeds))} ` +
          `${Object.keys(feeds).length === 1 ? 'was' : 'were'} given.`,
      );
    }
    checkTensor(input, given, bindings);
  }
  return bindings;
}
