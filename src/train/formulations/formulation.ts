import { type Node, producer, type Value } from '../../graph/index.ts';

/**
 * Another way to compute what a node computes, cheaper to train through: values for its outputs, or undefined where the node is
 * none of its kind.
 * @param inputs the node's inputs as they are now
 */
export type Formulation = (node: Node, inputs: readonly (Value | undefined)[]) => readonly Value[] | undefined;

/** The node that makes a value, if it is one of this operator. */
export function madeBy(operator: string, value: Value | undefined): Node | undefined {
  const node = value && producer(value);
  return node?.operator.name === operator ? node : undefined;
}

/** Whether a value is a constant of one element, this number in the precision of its type. */
export function isNumber(value: Value | undefined, number: number): boolean {
  if (value?.source.kind !== 'constant' || value.source.data.length !== 1) return false;
  const found = Number(value.source.data[0]);
  return found === number || found === Math.fround(number);
}
