import { GraphError } from './error.ts';
import type { Operator } from './value.ts';

/** All operators by their full names, in the order in which they were defined. */
const operators = new Map<string, Operator>();

/**
 * The name under which an operator is looked up: `MatMul` for the standard's own (domain '', which is also spelled `ai.onnx`),
 * `com.microsoft.MatMulNBits` for another domain's.
 */
function fullName(domain: string, name: string): string {
  return domain === '' || domain === 'ai.onnx' ? name : `${domain}.${name}`;
}

/**
 * Adds an operator to those that trilu knows: what it is called, how its outputs are inferred and, if it has a gradient, its rule.
 * `emit` calls it, `gradients` differentiates it, and it is written to files by its domain, name and attributes.
 * @returns the operator itself
 * @throws GraphError when its domain has an operator of that name already
 * @example
 * const softplus = defineOperator({
 *   name: 'Softplus',
 *   since: 1,
 *   infer: sameAsFirst('float32'),
 *   gradient: ({ input, outputGradient }) => [mul(outputGradient(), sigmoid(input(0)))],
 * });
 * const y = emitOne(softplus, [x]);
 */
export function defineOperator(operator: Operator): Operator {
  const { name, domain = '' } = operator;
  const key = fullName(domain, name);
  if (operators.has(key)) {
    throw new GraphError(`the operator ${key} is defined already; define yours under another name or domain`);
  }
  operators.set(key, operator);
  return operator;
}

/** The operator of a name in a domain, '' being the standard's own; undefined where nobody defined it. */
export function findOperator(domain: string, name: string): Operator | undefined {
  return operators.get(fullName(domain, name));
}

/**
 * The operator of a full name, such as `MatMul` or `com.microsoft.MatMulNBits`.
 * @throws GraphError where nobody defined it
 */
export function operatorNamed(name: string): Operator {
  const operator = operators.get(name);
  if (operator === undefined) throw new GraphError(`no operator is called ${name}; define it with defineOperator`);
  return operator;
}

/** All operators, in the order in which they were defined. */
export function definedOperators(): readonly Operator[] {
  return [...operators.values()];
}
