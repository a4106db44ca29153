import type { Item } from './items.ts';

/** More than this side by side is taken apart into runs; a list of inputs or outputs stands in columns, where more find room. */
const mostChildren = 40;
const mostListed = 150;
/** How many stand in a run. */
const runLength = 50;
const fewScopes = 3;

/**
 * Makes a tree that can be looked at: a scope with one thing in it gives its place to that, and long rows are taken apart into runs.
 * Then tells each item how deep it lies and how many nodes it has. What is no longer in the tree stays in the list.
 */
export function arrange(items: Item[]): void {
  replaceSingles(items);
  for (const item of [...items]) takeApart(item, items);
  const [root] = items;
  if (root !== undefined) measure(root, 0, items);
}

/** What can be reached, each item before those in it. */
export function inOrder(items: readonly Item[]): readonly Item[] {
  const order: Item[] = [];
  const visit = (id: number): void => {
    const item = items[id];
    if (item === undefined) return;
    order.push(item);
    for (const child of item.children) visit(child);
  };
  visit(0);
  return order;
}

/** Inner scopes come after those around them. */
function replaceSingles(items: readonly Item[]): void {
  for (const item of [...items].reverse()) {
    const parent = items[item.parent];
    const [only] = item.children;
    if (item.kind !== 'scope' || parent === undefined || item.children.length > 1) continue;
    parent.children = parent.children.flatMap((id) => (id === item.id ? item.children : [id]));
    const child = only === undefined ? undefined : items[only];
    if (child === undefined) continue;
    child.parent = parent.id;
    child.place = [item.label, child.place].filter((part) => part !== '').join('/');
  }
}

/** Nodes go into runs first; scopes only where they alone are too many. */
function takeApart(item: Item, items: Item[]): void {
  const isList = isValues(item);
  if (item.children.length <= (isList ? mostListed : mostChildren)) return;
  const isLoose = (id: number): boolean => isList || (items[id]?.kind === 'node' && items[id]?.children.length === 0);
  const loose = item.children.filter(isLoose);
  // One run of all nodes, with nothing beside it, would only be in the way.
  if (loose.length <= runLength && item.children.length - loose.length < fewScopes) return;
  inRuns(item, loose, isList ? item.label : 'nodes', items);
  while (item.children.length > mostChildren) {
    const before = item.children.length;
    const others = item.children.filter((id) => !isValues(items[id]));
    if (others.length <= runLength) return;
    inRuns(item, others, 'parts', items);
    if (item.children.length >= before) return;
  }
}

function isValues(item: Item | undefined): boolean {
  return item?.kind === 'values';
}

/** Puts some of an item's children into runs, each where its first one stood. */
function inRuns(parent: Item, some: readonly number[], noun: string, items: Item[]): void {
  const starts = new Map<number, number>();
  const moved = new Set(some);
  for (let start = 0; start < some.length; start += runLength) {
    const members = some.slice(start, start + runLength);
    const [first] = members;
    if (first === undefined) continue;
    const label = `${noun} ${start + 1}–${start + members.length}`;
    const { frame, name, id } = parent;
    const run: Item = {
      ...{ id: items.length, kind: 'run', parent: id, depth: 0, nodes: 0, frame },
      ...{ name: `${name} ${label}`.trim(), label, place: '', children: members },
    };
    items.push(run);
    for (const member of members) {
      const item = items[member];
      if (item !== undefined) item.parent = run.id;
    }
    starts.set(first, run.id);
  }
  parent.children = parent.children.flatMap((id) => starts.get(id) ?? (moved.has(id) ? [] : [id]));
}

function measure(item: Item, depth: number, items: readonly Item[]): number {
  item.depth = depth;
  item.nodes = item.kind === 'node' ? 1 : 0;
  for (const child of item.children) {
    const inside = items[child];
    if (inside !== undefined) item.nodes += measure(inside, depth + 1, items);
  }
  return item.nodes;
}
