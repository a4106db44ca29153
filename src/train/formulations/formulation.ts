import { type Node, producer, type Value } from '../../graph/index.ts';

/**
 * Another way to compute what a node computes, cheaper on the runtimes that there are: values for its outputs, or undefined where the
 * node is none of its kind.
 * @param inputs the node's inputs as they are now
 * @param isAdded whether differentiation added a node; else it is part of what is differentiated
 */
export type Formulation = (
  node: Node,
  inputs: readonly (Value | undefined)[],
  isAdded: (node: Node) => boolean,
) => readonly Value[] | undefined;

/** Whether a node calls this operator of the standard. */
export function isCallOf(operator: string, node: Node): boolean {
  return node.operator.name === operator && (node.operator.domain ?? '') === '';
}

/** The node that makes a value, if it calls this operator of the standard. */
export function madeBy(operator: string, value: Value | undefined): Node | undefined {
  const node = value && producer(value);
  return node !== undefined && isCallOf(operator, node) ? node : undefined;
}

/** An attribute that is a list of integers, joined by commas: `1,0`. */
export function listOf(attribute: string, node: Node | undefined): string {
  return String(node?.attributes[attribute] ?? '');
}
