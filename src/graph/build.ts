import { identity } from './calls/elementwise.ts';
import { GraphError } from './error.ts';
import type { Body, Node, Value } from './value.ts';
import { contents, nodesBefore, operands } from './walk.ts';

/** A value under its name in the file. */
export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

/** Nodes in an order in which they can run, with the names everything gets. */
export interface Block {
  readonly inputs: readonly NamedValue[];
  readonly outputs: readonly NamedValue[];
  readonly nodes: readonly NamedNode[];
  /** A body holds the small constants that its own nodes read: runtimes fuse only what they see in one place. */
  readonly constants: readonly NamedValue[];
}

export interface NamedNode {
  readonly name: string;
  readonly node: Node;
  /** '' for an optional input left out. */
  readonly inputs: readonly string[];
  /** '' for an optional output that nobody uses. */
  readonly outputs: readonly string[];
  readonly bodies: Readonly<Record<string, Block>>;
}

/** A whole graph, ready to be written, printed or counted. */
export interface Graph extends Block {
  readonly name: string;
  /** Parameters whose weights the file holds. */
  readonly parameters: readonly NamedValue[];
}

export interface BuildOptions {
  readonly name: string;
  /** What is fed at each run, in order. */
  readonly inputs: readonly NamedValue[] | Readonly<Record<string, Value>>;
  readonly outputs: readonly NamedValue[] | Readonly<Record<string, Value>>;
}

/**
 * Makes a graph of what the outputs reach. A parameter that is listed among the inputs is fed; any other is held with its weights.
 * @throws GraphError when an output reaches an input that is not listed, an input is no leaf, or two things have one name.
 */
export function build({ name, inputs, outputs }: BuildOptions): Graph {
  return new Builder().graph(name, namedValues(inputs), namedValues(outputs));
}

/** Values by their names, in order. */
export function namedValues(values: BuildOptions['inputs']): readonly NamedValue[] {
  if (isNamedValues(values)) return values;
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function isNamedValues(values: BuildOptions['inputs']): values is readonly NamedValue[] {
  return Array.isArray(values);
}

/** The constants of one block, by value and by content: equal small ones are written once. */
interface Constants {
  readonly held: NamedValue[];
  readonly names: Map<Value, string>;
  readonly byContent: Map<string, string>;
}

function noConstants(): Constants {
  return { held: [], names: new Map(), byContent: new Map() };
}

class Builder {
  readonly #names = new Map<Value, string>();
  readonly #taken = new Set<string>();
  readonly #counters = new Map<string, number>();
  readonly #parameters: NamedValue[] = [];
  /** Those of the graph itself, and of the block that is being named. */
  readonly #constants: Constants = noConstants();
  #here: Constants = this.#constants;

  graph(name: string, inputs: readonly NamedValue[], wanted: readonly NamedValue[]): Graph {
    const outputs = ownOutputs(wanted, new Set());
    for (const named of inputs) this.#claimInput(named);
    for (const named of outputs) this.#claim(named);
    const nodes = nodesBefore(outputs.map(({ value }) => value));
    const used = usedIn(nodes, outputs);
    for (const value of used) this.#hold(value);
    const named = nodes.map((node) => this.#node(node, used));
    const block = { inputs, outputs, nodes: named, constants: this.#constants.held };
    return { name, ...block, parameters: this.#parameters };
  }

  #claimInput(named: NamedValue): void {
    const { name, value } = named;
    if (value.source.kind !== 'input' && value.source.kind !== 'parameter') {
      throw new GraphError(`${name} (${value}, made at ${value.location}) can't be fed: it is computed or constant`);
    }
    const before = this.#names.get(value);
    if (before !== undefined)
      throw new GraphError(`one value is listed as two inputs of the graph, ${before} and ${name}`);
    this.#claim(named);
  }

  #claim({ name, value }: NamedValue): void {
    if (this.#taken.has(name))
      throw new GraphError(`two inputs, outputs or parameters of the graph are called ${name}`);
    this.#taken.add(name);
    this.#names.set(value, name);
  }

  /** A parameter that nobody feeds, or a constant with a name, is held under that name, which comes before any name of ours. */
  #hold(value: Value): void {
    const { source } = value;
    if (source.kind === 'input' || source.kind === 'node' || this.#names.has(value)) return;
    if (source.name === undefined) return;
    const named = { name: source.name, value };
    this.#claim(named);
    (source.kind === 'parameter' ? this.#parameters : this.#constants.held).push(named);
  }

  #node(node: Node, used: ReadonlySet<Value>): NamedNode {
    const name = this.#unique(`${node.scope}/${node.operator.name}`);
    const inputs = node.inputs.map((value) => (value === undefined ? '' : this.#name(value)));
    const bodies = Object.entries(node.bodies).map(([attribute, body]) => [attribute, this.#body(body)] as const);
    const { requiredOutputs = node.outputs.length } = node.operator;
    const outputs = node.outputs.map((value, index) =>
      index < requiredOutputs || used.has(value) ? this.#output(value, `${name}_output_${index}`) : '',
    );
    return { name, node, inputs, outputs, bodies: Object.fromEntries(bodies) };
  }

  #body(body: Body): Block {
    const inside = contents(body);
    const outerNames = this.#forget([...body.inputs, ...inside.nodes.flatMap(({ outputs }) => outputs)]);
    const inputs = body.inputs.map((value) => this.#formal(value));
    const outputs = ownOutputs(
      body.outputs.map((value, index) => ({ name: `body_output_${index}`, value })),
      new Set([...body.inputs, ...inside.captured]),
    );
    const identities = outputs.filter(({ value }, index) => value !== body.outputs[index]);
    const nodes = [
      ...inside.nodes,
      ...nodesBefore(
        identities.map(({ value }) => value),
        new Set(body.outputs),
      ),
    ];
    const used = usedIn(nodes, outputs);
    const around = this.#here;
    this.#here = noConstants();
    const { held: constants } = this.#here;
    const named = [...new Set(nodes)].map((node) => this.#node(node, used));
    this.#here = around;
    const namedOutputs = outputs.map(({ value }) => ({ name: this.#name(value), value }));
    this.#forget(outerNames.keys());
    for (const [value, name] of outerNames) if (name !== undefined) this.#names.set(value, name);
    return { inputs, outputs: namedOutputs, nodes: named, constants };
  }

  /** What is made inside a body may be made outside or in another body too, of other operands: there it has names of its own. */
  #forget(values: Iterable<Value>): Map<Value, string | undefined> {
    const names = new Map([...values].map((value) => [value, this.#names.get(value)]));
    for (const value of names.keys()) this.#names.delete(value);
    return names;
  }

  /** A leaf that stands for a loop's state may bear the name of the graph's own input; inside it gets another. */
  #formal(value: Value): NamedValue {
    const { source } = value;
    const hint = source.kind === 'input' || source.kind === 'parameter' ? source.name : 'state';
    const name = this.#unique(hint);
    this.#names.set(value, name);
    return { name, value };
  }

  #output(value: Value, name: string): string {
    const given = this.#names.get(value);
    if (given !== undefined) return given;
    const fresh = this.#unique(name);
    this.#names.set(value, fresh);
    return fresh;
  }

  #name(value: Value): string {
    const { source } = value;
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    if (source.kind === 'input') {
      throw new GraphError(`input ${source.name} (${value}) is used but not listed among the graph's inputs`);
    }
    if (source.kind === 'constant') return this.#constant(value, source.data);
    throw new GraphError(`a value made at ${value.location} is used before it is computed`);
  }

  /** Large ones are held by the graph itself. */
  #constant(value: Value, data: ArrayLike<unknown>): string {
    const small = data.length <= 64;
    const { held, names, byContent } = small ? this.#here : this.#constants;
    const content = small ? `${value}: ${Array.from(data, contentOf).join(' ')}` : undefined;
    const known = names.get(value) ?? (content === undefined ? undefined : byContent.get(content));
    const name = known ?? this.#unique('constant');
    names.set(value, name);
    if (content !== undefined) byContent.set(content, name);
    if (known === undefined) held.push({ name, value });
    return name;
  }

  #unique(hint: string): string {
    if (!this.#taken.has(hint)) {
      this.#taken.add(hint);
      return hint;
    }
    let count = this.#counters.get(hint) ?? 0;
    let name: string;
    do name = `${hint}_${++count}`;
    while (this.#taken.has(name));
    this.#counters.set(hint, count);
    this.#taken.add(name);
    return name;
  }
}

/** An output must be a node's own and listed once: a leaf, a captured value or a second mention goes through an Identity. */
function ownOutputs(outputs: readonly NamedValue[], foreign: ReadonlySet<Value>): readonly NamedValue[] {
  const seen = new Set<Value>();
  return outputs.map(({ name, value }) => {
    const own = value.source.kind === 'node' && !foreign.has(value) && !seen.has(value);
    seen.add(value);
    return { name, value: own ? value : identity(value) };
  });
}

/** Everything that the nodes of a block (or bodies in it) read, and what leaves it. */
function usedIn(nodes: readonly Node[], outputs: readonly NamedValue[]): ReadonlySet<Value> {
  return new Set([...nodes.flatMap(operands), ...outputs.map(({ value }) => value)]);
}

function contentOf(element: unknown): string {
  return Object.is(element, -0) ? '-0' : typeof element === 'string' ? JSON.stringify(element) : String(element);
}
