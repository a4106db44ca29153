import type { Body, Node, Value } from './value.ts';

/**
 * Visits everything reachable, dependencies first, each once; without recursion, so that depth is no limit.
 * @param dependencies what must come before an item.
 */
export function postOrder<Item>(roots: Iterable<Item>, dependencies: (item: Item) => Iterable<Item>): Item[] {
  const order: Item[] = [];
  const seen = new Set<Item>();
  const stack: { item: Item; rest: Iterator<Item> }[] = [];
  const enter = (item: Item): void => {
    if (seen.has(item)) return;
    seen.add(item);
    stack.push({ item, rest: dependencies(item)[Symbol.iterator]() });
  };
  for (const root of roots) {
    enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.next();
      if (next.done === true) {
        order.push(top.item);
        stack.pop();
      } else {
        enter(next.value);
      }
    }
  }
  return order;
}

/** The node that makes a value; undefined for a leaf. */
export function producer(value: Value): Node | undefined {
  return value.source.kind === 'node' ? value.source.node : undefined;
}

/** What a node reads: its inputs, and what its bodies take from outside. */
export function operands(node: Node): readonly Value[] {
  const inputs = node.inputs.filter((value) => value !== undefined);
  for (const body of Object.values(node.bodies)) inputs.push(...contents(body).captured);
  return inputs;
}

export interface BodyContents {
  /** The nodes that depend on the body's formal inputs, in order. */
  readonly nodes: readonly Node[];
  /** The values from outside that they (or the outputs) use. */
  readonly captured: readonly Value[];
}

const contentsOf = new WeakMap<Body, BodyContents>();

/** Which nodes lie inside a body: those its outputs need that depend on its formal inputs. The rest is captured from outside. */
export function contents(body: Body): BodyContents {
  const found = contentsOf.get(body) ?? findContents(body);
  contentsOf.set(body, found);
  return found;
}

function findContents(body: Body): BodyContents {
  const formals = new Set(body.inputs);
  const inside = new Set<Value>(formals);
  const nodes = nodesBefore(body.outputs, formals).filter((node) => {
    const dependent = operands(node).some((value) => inside.has(value));
    if (dependent) for (const output of node.outputs) inside.add(output);
    return dependent;
  });
  const used = [...nodes.flatMap(operands), ...body.outputs];
  return { nodes, captured: [...new Set(used)].filter((value) => !inside.has(value)) };
}

/** All nodes that values depend on, in topological order; leaves and `stops` are not looked behind. */
export function nodesBefore(values: Iterable<Value>, stops: ReadonlySet<Value> = new Set()): Node[] {
  const roots = [...values].flatMap((value) => (stops.has(value) ? [] : (producer(value) ?? [])));
  return postOrder(roots, (node) =>
    operands(node).flatMap((value) => (stops.has(value) ? [] : (producer(value) ?? []))),
  );
}
