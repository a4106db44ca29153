import type { NodeMessage, TensorMessage } from './messages.ts';

/** A value of a graph: what one node makes and others read, what is fed, or what is stored. */
export interface Value {
  readonly name: string;
  /** In words, as the file declares it; `unknown` where it does not. */
  readonly type: string;
  /** The items that make it: one, or an output of each branch of an If; none for what is stored. */
  readonly producers: number[];
  /** The items that read it, each once. */
  readonly consumers: Set<number>;
  readonly tensor?: TensorMessage;
}

/** The values that a graph's nodes can read: its own, and those of the graph around it. */
export interface Frame {
  readonly around: Frame | undefined;
  readonly values: Map<string, Value>;
}

/**
 * Something that has a place in the picture. A `scope` holds what shares the start of its path, `run` some of a long row of nodes,
 * `values` the inputs or outputs of a graph where they are many. A `node` that has bodies holds what is in them.
 */
export interface Item {
  readonly id: number;
  readonly kind: 'scope' | 'run' | 'values' | 'node' | 'input' | 'output';
  /** −1 for the whole graph, which is item 0. */
  parent: number;
  depth: number;
  /** The whole path. */
  readonly name: string;
  /** What it is called in its scope. */
  readonly label: string;
  /** The scopes that gave it their place, because it is the only thing in them. */
  place: string;
  children: number[];
  /** Nodes in it, itself included. */
  nodes: number;
  readonly frame: Frame;
  readonly node?: NodeMessage;
  readonly value?: Value;
}

/** A value on its way from what makes it to what reads it. */
export interface Link {
  readonly value: Value;
  readonly from: number;
  readonly to: number;
}

/** A file's graph as a tree of items, and the values that go between them. */
export interface FileGraph {
  readonly items: readonly Item[];
  readonly links: readonly Link[];
  /** Stored tensors that have a name, with what reads them. */
  readonly stored: readonly Value[];
}

/** The value of a name, where a node of that frame reads it. */
export function lookUp(frame: Frame, name: string): Value | undefined {
  for (let here: Frame | undefined = frame; here !== undefined; here = here.around) {
    const found = here.values.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}
