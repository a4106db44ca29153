import {
  add,
  constant,
  GraphError,
  inScope,
  isFloating,
  mul,
  type Node,
  nodesBefore,
  operands,
  producer,
  type Value,
} from '../graph/index.ts';
import { knownDerivative } from './derivative.ts';
import { rules } from './gradient-rules/index.ts';

/**
 * Reverse-mode differentiation, graph → graph: walks once back from the loss along the paths that reach `values`, and folds one
 * rule an operator. Rules only emit operators that have rules, so gradients have gradients.
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
    const arriving = node.outputs.map((output) => sums.get(output));
    const leadsOn = operands(node).some((value) => onPath.has(value));
    if (!leadsOn || arriving.every((gradient) => gradient === undefined)) continue;
    // The gradients stand where what they are of stands, in a scope of their own: /gradients/transformer/h.0/attn.
    inScope(`/gradients${node.scope}`, () => {
      for (const { target, contribution } of contributions(node, arriving, onPath)) {
        if (!onPath.has(target)) continue;
        const before = sums.get(target);
        sums.set(target, before === undefined ? contribution : add(before, contribution));
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

interface Contribution {
  readonly target: Value;
  readonly contribution: Value;
}

/** What a node adds to the gradients of what it is made of: of its inputs, or of what its output is known to depend on. */
function contributions(
  node: Node,
  arriving: readonly (Value | undefined)[],
  onPath: ReadonlySet<Value>,
): readonly Contribution[] {
  const known = knownDerivative(node.outputs[0]);
  const [g] = arriving;
  if (known !== undefined && g !== undefined) {
    return [{ target: known.by, contribution: mul(mul(g, known.derivative), known.factor) }];
  }
  return applyRule(node, arriving, onPath).flatMap((contribution, index) => {
    const target = node.inputs[index];
    return target === undefined || contribution === undefined ? [] : [{ target, contribution }];
  });
}

function applyRule(
  node: Node,
  gradientsOfOutputs: readonly (Value | undefined)[],
  onPath: ReadonlySet<Value>,
): readonly (Value | undefined)[] {
  const { name } = node.operator;
  const place = node.outputs[0]?.location ?? '';
  const rule = rules[name];
  if (rule === undefined) {
    throw new GraphError(`${name} (used at ${place}) has no gradient rule; known: ${Object.keys(rules).join(', ')}`);
  }
  const wanted = (index: number): boolean => {
    const value = node.inputs[index];
    return value !== undefined && onPath.has(value);
  };
  try {
    return rule({ node, gradients: gradientsOfOutputs, wanted });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GraphError(`${name} (used at ${place}) has no gradient here: ${reason}`);
  }
}

function describe(value: Value): string {
  const { source } = value;
  if (source.kind === 'input' || source.kind === 'parameter') return source.name;
  return `the ${producer(value)?.operator.name ?? 'constant'} made at ${value.location}`;
}
