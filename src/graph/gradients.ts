import { add } from './calls/elementwise.ts';
import { sameShape } from './dimensions.ts';
import { GraphError } from './error.ts';
import { constant } from './leaves.ts';
import { definedOperators } from './registry.ts';
import { inScope } from './scope.ts';
import { isFloating } from './types.ts';
import type { GradientCall, Node, Value } from './value.ts';
import { nodesBefore, operands, producer } from './walk.ts';

/**
 * Reverse-mode differentiation, graph → graph: walks once back from the loss along the paths that reach `values`, and folds the
 * gradient rules of the operators on the way. Rules only call operators that have rules, so gradients have gradients.
 * @param loss a floating-point scalar.
 * @returns one gradient for each value, of its type and shape.
 * @throws GraphError if the loss is no scalar, does not depend on one of the values, or meets an operator without a rule.
 */
export function gradients<const Values extends readonly Value[]>(
  loss: Value,
  values: Values,
): { readonly [Index in keyof Values]: Value } {
  if (loss.rank !== 0 || !isFloating(loss.type)) {
    throw new GraphError(`a loss must be a floating-point scalar, not ${loss} (made at ${loss.location})`);
  }
  const order = nodesBefore([loss]); // not stopping at the values: one of them may depend on another
  const onPath = pathTo(new Set(values), order);
  const sums = new Map<Value, Value>([[loss, constant(1, loss.type)]]);
  for (const node of order.reverse()) {
    const outputGradients = node.outputs.map((output) => sums.get(output));
    const reachesTarget = operands(node).some((value) => onPath.has(value));
    if (!reachesTarget || outputGradients.every((gradient) => gradient === undefined)) continue;
    // The gradients stand where what they are of stands, in a scope of their own: /gradients/transformer/h.0/attn.
    inScope(`/gradients${node.scope}`, () => {
      for (const [index, gradient] of inputGradients(node, outputGradients, onPath).entries()) {
        const input = node.inputs[index];
        if (input === undefined || gradient === undefined || !onPath.has(input)) continue;
        const before = sums.get(input);
        sums.set(input, before === undefined ? gradient : add(before, gradient));
      }
    });
  }
  const found = values.map((value) => {
    const sum = sums.get(value);
    if (sum === undefined) throw new GraphError(`the loss does not depend on ${describe(value)}`);
    return sum;
  });
  return found as { readonly [Index in keyof Values]: Value };
}

/** Everything that lies between the targets and the loss and can have a gradient: integers and truth values can't. */
function pathTo(targets: ReadonlySet<Value>, order: readonly Node[]): ReadonlySet<Value> {
  const onPath = new Set(targets);
  for (const node of order) {
    if (!operands(node).some((value) => onPath.has(value))) continue;
    for (const output of node.outputs) if (isFloating(output.type)) onPath.add(output);
  }
  return onPath;
}

/** What the rule of a node's operator makes of the gradients by its outputs. */
function inputGradients(
  node: Node,
  outputGradients: readonly (Value | undefined)[],
  onPath: ReadonlySet<Value>,
): readonly (Value | undefined)[] {
  const { name, gradient } = node.operator;
  const place = node.outputs[0]?.location ?? '';
  if (gradient === undefined) {
    const known = definedOperators().flatMap((operator) => (operator.gradient === undefined ? [] : [operator.name]));
    throw new GraphError(`${name} (used at ${place}) has no gradient rule; known: ${known.join(', ')}`);
  }
  try {
    return checked(node, gradient(callOf(node, outputGradients, onPath)));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GraphError(`${name} (used at ${place}) has no gradient here: ${reason}`);
  }
}

function callOf(node: Node, outputGradients: readonly (Value | undefined)[], onPath: ReadonlySet<Value>): GradientCall {
  const wanted = (index: number): boolean => {
    const value = node.inputs[index];
    return value !== undefined && onPath.has(value);
  };
  const input = from(node.inputs, 'input');
  return {
    node,
    outputGradients,
    wanted,
    input,
    output: from(node.outputs, 'output'),
    outputGradient: from(outputGradients, 'the gradient by output'),
  };
}

function from(values: readonly (Value | undefined)[], what: string): (index?: number) => Value {
  return (index = 0) => {
    const value = values[index];
    if (value === undefined) throw new Error(`${what} ${index} is missing`);
    return value;
  };
}

/** Refuses gradients that are not of the type and shape of what they are of. */
function checked(node: Node, made: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
  for (const [index, gradient] of made.entries()) {
    const input = node.inputs[index];
    if (gradient === undefined || input === undefined) continue;
    if (gradient.type !== input.type || !sameShape(gradient.shape, input.shape)) {
      throw new Error(`its rule gives ${gradient} for input ${index}, which is ${input}`);
    }
  }
  return made;
}

function describe(value: Value): string {
  const { source } = value;
  if (source.kind === 'input' || source.kind === 'parameter') return source.name;
  return `the ${producer(value)?.operator.name ?? 'constant'} made at ${value.location}`;
}
