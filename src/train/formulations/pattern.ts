import type { Node, Value } from '../../graph/index.ts';
import { isCallOf, madeBy } from './formulation.ts';

/**
 * What something is made of: a number is a constant of one element, a name stands for any value (the same one wherever it occurs), and
 * a list is an operator of the standard with patterns of its inputs.
 */
export type Pattern = number | string | Call;
type Call = readonly [operator: string, ...inputs: Pattern[]];

/**
 * What the names in a pattern stand for, where a call of an operator is made as the pattern says; undefined where it is not.
 * @param inputs the node's inputs as they are now
 */
export function matched(
  pattern: Call,
  node: Node,
  inputs: readonly (Value | undefined)[],
): Readonly<Record<string, Value>> | undefined {
  const named: Record<string, Value> = {};
  return isCallOf(pattern[0], node) && inputsFit(pattern, inputs, named) ? named : undefined;
}

function inputsFit(
  [, ...patterns]: Call,
  inputs: readonly (Value | undefined)[],
  named: Record<string, Value>,
): boolean {
  return patterns.every((pattern, index) => fits(pattern, inputs[index], named));
}

function fits(pattern: Pattern, value: Value | undefined, named: Record<string, Value>): boolean {
  if (value === undefined) return false;
  if (typeof pattern === 'number') return isNumber(value, pattern);
  if (typeof pattern === 'string') {
    named[pattern] ??= value;
    return named[pattern] === value;
  }
  const node = madeBy(pattern[0], value);
  return node !== undefined && inputsFit(pattern, node.inputs, named);
}

/** Whether a value is a constant of one element, this number in the precision of its type. */
function isNumber({ source }: Value, number: number): boolean {
  if (source.kind !== 'constant' || source.data.length !== 1) return false;
  const found = Number(source.data[0]);
  return found === number || found === Math.fround(number);
}
