import { build, type Graph } from './build.ts';
import { cast } from './calls/elementwise.ts';
import { sameShape } from './dimensions.ts';
import { emit } from './emit.ts';
import { GraphError } from './error.ts';
import { knownDimensions, rememberDimensions } from './known.ts';
import { inScope } from './scope.ts';
import type { Body, Node, Value } from './value.ts';
import { contents, nodesBefore, producer } from './walk.ts';

/** What a rewriting puts in the place of what is there. Both rules run inside the scope of the node that asks. */
export interface Rewriting {
  /** What stands for a parameter or a constant from now on; undefined leaves it. Never asked about inputs and what loops carry. */
  readonly leaf?: (leaf: Value) => Value | undefined;
  /**
   * What stands for a node's outputs; undefined calls its operator again where one of its inputs has changed. Never asked about
   * nodes with bodies, which are gone into.
   * @param inputs the node's inputs as they are now
   */
  readonly node?: (node: Node, inputs: readonly (Value | undefined)[]) => readonly Value[] | undefined;
}

/**
 * The same graph with some of its leaves and nodes replaced, bodies of Scan and Loop included. Inputs stay the same values; names and
 * scopes of what is kept stay as well. What crosses a border (the graph's outputs, what a body takes or yields) keeps its element
 * type: where a rule has changed it, a Cast is put there.
 * @throws GraphError when a rule changes a shape, or an operator can't take what its inputs have become.
 */
export function rewrite(graph: Graph, rewriting: Rewriting): Graph {
  const { name, inputs, outputs } = graph;
  const fed = inputs.map(({ value }) => value);
  const values = new Rewriter(rewriting, fed).values(outputs.map(({ value }) => value));
  return build({
    name,
    inputs,
    outputs: outputs.map(({ name, value }, index) => ({ name, value: values[index] ?? value })),
  });
}

/**
 * The same for values that are not in a graph yet: what stands for each of them.
 * @throws GraphError as `rewrite`
 */
export function rewriteValues(values: readonly Value[], rewriting: Rewriting): readonly Value[] {
  return new Rewriter(rewriting, []).values(values);
}

class Rewriter {
  readonly #rewriting: Rewriting;
  readonly #now = new Map<Value, Value>();

  /** @param fixed leaves that stay. */
  constructor(rewriting: Rewriting, fixed: Iterable<Value>) {
    this.#rewriting = rewriting;
    for (const value of fixed) this.#now.set(value, value);
  }

  values(wanted: readonly Value[]): readonly Value[] {
    const nodes = nodesBefore(wanted);
    for (const node of nodes) this.#keepFormals(node);
    for (const node of nodes) this.#rewrite(node);
    return wanted.map((value) => this.#typed(value));
  }

  /** What a body takes in is bound to its place, even where it is a parameter. */
  #keepFormals({ bodies }: Node): void {
    for (const body of Object.values(bodies)) {
      for (const formal of body.inputs) this.#now.set(formal, formal);
      for (const inner of contents(body).nodes) this.#keepFormals(inner);
    }
  }

  #rewrite(node: Node): void {
    if (node.outputs.some((output) => this.#now.has(output))) return;
    const outputs = inScope(node.scope, () => this.#made(node));
    for (const [index, old] of node.outputs.entries()) {
      const value = outputs[index];
      if (value === undefined) continue; // an output that nobody may use
      if (!sameShape(old.shape, value.shape)) {
        throw new GraphError(`${value} can't stand for ${old}, output ${index} of ${node.scope}/${node.operator.name}`);
      }
      const known = value === old ? undefined : knownDimensions(old);
      this.#now.set(old, known === undefined ? value : rememberDimensions(value, known));
    }
  }

  #made(node: Node): readonly Value[] {
    const hasBodies = Object.keys(node.bodies).length > 0;
    const inputs = node.inputs.map((value) => value && (hasBodies ? this.#typed(value) : this.#value(value)));
    const unchanged = inputs.every((value, index) => value === node.inputs[index]);
    if (!hasBodies) {
      const replaced = this.#rewriting.node?.(node, inputs);
      return replaced ?? (unchanged ? node.outputs : emit(node.operator, inputs, node.attributes));
    }
    const bodies = Object.fromEntries(Object.entries(node.bodies).map(([name, body]) => [name, this.#body(body)]));
    const same = unchanged && Object.entries(bodies).every(([name, body]) => body === node.bodies[name]);
    return same ? node.outputs : emit(node.operator, inputs, node.attributes, bodies);
  }

  #body(body: Body): Body {
    const { nodes, captured } = contents(body);
    for (const node of nodes) this.#rewrite(node);
    const outputs = body.outputs.map((value) => this.#typed(value));
    const same =
      outputs.every((value, index) => value === body.outputs[index]) &&
      nodes.every(({ outputs }) => outputs.every((value) => this.#now.get(value) === value)) &&
      captured.every((value) => this.#value(value) === value);
    return same ? body : { inputs: body.inputs, outputs };
  }

  #value(old: Value): Value {
    const found = this.#now.get(old);
    if (found !== undefined) return found;
    const maker = producer(old);
    if (maker !== undefined)
      throw new GraphError(`nothing stands for ${old}, an output of ${maker.operator.name} that is used`);
    const value = (old.source.kind === 'input' ? undefined : this.#rewriting.leaf?.(old)) ?? old;
    if (!sameShape(old.shape, value.shape)) throw new GraphError(`${value} can't stand for the leaf ${old}`);
    this.#now.set(old, value);
    return value;
  }

  /** What stands for a value, in its element type. */
  #typed(old: Value): Value {
    return cast(this.#value(old), old.type);
  }
}
