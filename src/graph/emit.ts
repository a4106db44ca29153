import { GraphError } from './error.ts';
import { atUserLine } from './location.ts';
import { operatorNamed } from './registry.ts';
import { scopePath } from './scope.ts';
import { type Attributes, type Body, type Node, type Operator, Value } from './value.ts';

/**
 * Calls an operator: infers its outputs and returns them as values.
 * @param called an operator, or the full name of one that is defined: `MatMul`, `com.microsoft.MatMulNBits`
 * @throws GraphError naming the operator, its inputs' types and shapes, and the user's line.
 */
export function emit(
  called: Operator | string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
  bodies: Readonly<Record<string, Body>> = {},
): readonly Value[] {
  const operator = typeof called === 'string' ? operatorNamed(called) : called;
  const call = { inputs, attributes, bodies };
  const outputs: Value[] = [];
  const node: Node = { ...call, operator, scope: scopePath(), outputs };
  for (const [index, { type, shape }] of infer(operator, node).entries()) {
    outputs.push(new Value(type, shape, { kind: 'node', node, index }));
  }
  return outputs;
}

/** Calls an operator and returns its first output. */
export function emitOne(
  called: Operator | string,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
): Value {
  const [value] = emit(called, inputs, attributes);
  if (value === undefined) throw new TypeError(`${typeof called === 'string' ? called : called.name} yields no output`);
  return value;
}

function infer(operator: Operator, node: Node): ReturnType<Operator['infer']> {
  try {
    return operator.infer(node);
  } catch (error) {
    throw misfit(operator.name, node.inputs, error instanceof Error ? error.message : String(error));
  }
}

/** The error of a call that can't be made: the operator, its inputs' types and shapes, the scope, the reason, the user's line. */
export function misfit(name: string, inputs: readonly (Value | undefined)[], reason: string): GraphError {
  const given = inputs.map((value) => (value === undefined ? '–' : value.toString())).join(', ');
  const scope = scopePath();
  return new GraphError(`${name}(${given})${scope === '' ? '' : ` in ${scope}`}: ${reason}${atUserLine()}`);
}
