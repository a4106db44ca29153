import { arrange } from './arrange.ts';
import { elementTypeName } from './element-types.ts';
import { type FileGraph, type Frame, type Item, type Link, lookUp, type Value } from './items.ts';
import { bodiesOf, type GraphMessage, type ModelMessage, type NodeMessage, type TensorMessage } from './messages.ts';
import { sizesInWords, typeInWords } from './types-in-words.ts';

/** Inputs or outputs beyond this are held together in one item. */
const mostLoose = 6;
/** What is nested deeper is not taken apart. */
const deepest = 24;

/** Reads a model's graph: its nodes by the paths that are their names, and what is in their bodies in their place. */
export function readFileGraph(model: ModelMessage): FileGraph {
  const reader = new Reader();
  const frame: Frame = { around: undefined, values: new Map() };
  reader.addGraph(model.graph, reader.add('scope', -1, '', model.graph.name ?? '', frame), frame);
  const links = reader.links();
  arrange(reader.items);
  return { items: reader.items, links, stored: reader.stored };
}

/** Which of a body's inputs a node's input goes into, and which of its outputs a node's output comes from. */
interface Passage {
  readonly inputs: (index: number) => number;
  readonly outputs: (index: number) => number;
}

const none = -1;
const passages: Readonly<Record<string, Passage>> = {
  Scan: { inputs: (index) => index, outputs: (index) => index },
  // The trip count is the loop's own; its body is told the number of the turn, and tells whether to go on.
  Loop: { inputs: (index) => (index === 0 ? none : index), outputs: (index) => index + 1 },
  If: { inputs: () => none, outputs: (index) => index },
};

class Reader {
  readonly items: Item[] = [];
  readonly stored: Value[] = [];
  readonly #reads: { readonly frame: Frame; readonly name: string; readonly item: number }[] = [];

  add(
    kind: Item['kind'],
    parent: number,
    name: string,
    label: string,
    frame: Frame,
    more: Pick<Item, 'node' | 'value'> = {},
  ): Item {
    const item: Item = {
      id: this.items.length,
      kind,
      parent,
      depth: 0,
      name,
      label,
      place: '',
      children: [],
      nodes: 0,
      frame,
      ...more,
    };
    this.items.push(item);
    this.items[parent]?.children.push(item.id);
    return item;
  }

  /** Puts a graph's inputs, nodes and outputs into an item. @returns the items of its inputs and outputs, in order */
  addGraph(
    graph: GraphMessage,
    place: Item,
    frame: Frame,
  ): { readonly inputs: readonly number[]; readonly outputs: readonly number[] } {
    const { input = [], output = [], valueInfo = [], initializer = [], sparseInitializer = [], node = [] } = graph;
    const types = new Map([...input, ...output, ...valueInfo].map(({ name = '', type }) => [name, typeInWords(type)]));
    for (const tensor of initializer) this.#store(frame, tensor.name ?? '', tensor, tensorType(tensor));
    for (const { values = {}, dims = [] } of sparseInitializer) {
      this.#store(frame, values.name ?? '', undefined, `sparse ${tensorType({ ...values, dims })}`);
    }
    // What has a stored value may be left out by whoever feeds the graph: it is a weight.
    const fed = input.map(({ name = '' }) => name).filter((name) => !frame.values.has(name));
    const inputs = this.#addValues('input', fed, place, frame, types);
    const scopes = new Map<string, Item>([['', place]]);
    for (const message of node) this.#addNode(message, this.#scopeOf(message.name ?? '', scopes, frame), frame, types);
    const outputs = this.#addValues(
      'output',
      output.map(({ name = '' }) => name),
      place,
      frame,
      types,
    );
    return { inputs, outputs };
  }

  /** What goes from where to where. */
  links(): Link[] {
    const links: Link[] = [];
    for (const { frame, name, item } of this.#reads) {
      const value = lookUp(frame, name);
      if (value === undefined) continue;
      value.consumers.add(item);
      for (const from of value.producers) links.push({ value, from, to: item });
    }
    return links;
  }

  #store(frame: Frame, name: string, tensor: TensorMessage | undefined, type: string): void {
    const value: Value = {
      name,
      type,
      producers: [],
      consumers: new Set(),
      ...(tensor === undefined ? {} : { tensor }),
    };
    frame.values.set(name, value);
    this.stored.push(value);
  }

  #value(frame: Frame, name: string, types: ReadonlyMap<string, string>): Value {
    const known = frame.values.get(name);
    if (known !== undefined) return known;
    const value: Value = { name, type: types.get(name) ?? 'unknown', producers: [], consumers: new Set() };
    frame.values.set(name, value);
    return value;
  }

  #addValues(
    kind: 'input' | 'output',
    names: readonly string[],
    place: Item,
    frame: Frame,
    types: ReadonlyMap<string, string>,
  ): number[] {
    const parent =
      names.length > mostLoose
        ? this.add('values', place.id, `${place.name} ${kind}s`.trim(), `${kind}s`, frame)
        : place;
    return names.map((name) => {
      if (kind === 'input') {
        const value = this.#value(frame, name, types);
        const { id } = this.add(kind, parent.id, name, name, frame, { value });
        value.producers.push(id);
        return id;
      }
      // What leaves the graph may be a value of the graph around it, or a stored one.
      const value: Value = { name, type: types.get(name) ?? 'unknown', producers: [], consumers: new Set() };
      const { id } = this.add(kind, parent.id, name, name, frame, { value });
      this.#reads.push({ frame, name, item: id });
      return id;
    });
  }

  #scopeOf(name: string, scopes: Map<string, Item>, frame: Frame): Item {
    const parts = name
      .split('/')
      .filter((part) => part !== '')
      .slice(0, -1)
      .slice(0, deepest);
    let path = '';
    let scope = scopes.get('');
    for (const part of parts) {
      path += `/${part}`;
      const known = scopes.get(path);
      if (known === undefined && scope !== undefined) scopes.set(path, this.add('scope', scope.id, path, part, frame));
      scope = scopes.get(path);
    }
    if (scope === undefined) throw new TypeError('A graph has no outermost scope.');
    return scope;
  }

  #addNode(node: NodeMessage, scope: Item, frame: Frame, types: ReadonlyMap<string, string>): void {
    const { name = '', input = [], output = [], opType = '', domain = '' } = node;
    const label = name.split('/').at(-1) ?? '';
    const item = this.add('node', scope.id, name, label, frame, { node });
    const passage = domain === '' || domain === 'ai.onnx' ? passages[opType] : undefined;
    const bodies = bodiesOf(node);
    const placed = bodies.map(({ name: attribute, body }) => {
      const inside: Frame = { around: frame, values: new Map() };
      // The branches of an If lie side by side; one body needs no scope of its own.
      const place = bodies.length === 1 ? item : this.add('scope', item.id, `${name}/${attribute}`, attribute, inside);
      return this.addGraph(body, place, inside);
    });
    for (const [index, read] of input.entries()) {
      if (read === '') continue;
      const inner = placed.flatMap(({ inputs }) => inputs[passage?.inputs(index) ?? none] ?? []);
      for (const reader of inner.length === 0 ? [item.id] : inner)
        this.#reads.push({ frame, name: read, item: reader });
    }
    for (const [index, made] of output.entries()) {
      if (made === '') continue;
      const inner = placed.flatMap(({ outputs }) => outputs[passage?.outputs(index) ?? none] ?? []);
      this.#value(frame, made, types).producers.push(...(inner.length === 0 ? [item.id] : inner));
    }
  }
}

function tensorType({ dataType, dims = [] }: TensorMessage): string {
  return `${elementTypeName(dataType)} ${sizesInWords(dims)}`;
}
