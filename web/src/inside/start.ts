import type { FileGraph, Item } from './items.ts';

/** So many boxes can be taken in at first. */
const mostBoxes = 40;
/** With fewer than this there is hardly anything to look at. */
const fewBoxes = 12;
/** A scope that is so much smaller than the largest beside it stays closed. */
const worthwhile = 0.25;

/**
 * What is open at first: the largest scopes, level by level, as long as the picture stays small. Below the first few boxes only what
 * leaves it readable is opened.
 */
export function openAtFirst({ items }: FileGraph): readonly number[] {
  const open: number[] = [];
  let boxes = items[0]?.children.length ?? 0;
  let level = [...(items[0]?.children ?? [])];
  while (boxes < fewBoxes || open.length === 0) {
    const scopes = level
      .flatMap((id) => items[id] ?? [])
      .filter(isWorthOpening)
      .sort((one, other) => other.nodes - one.nodes);
    const opened = scopes.filter(({ children, nodes }) => {
      if (nodes < (scopes[0]?.nodes ?? 0) * worthwhile) return false;
      const grown = boxes + children.length - 1;
      if (grown > mostBoxes) return false;
      boxes = grown;
      return true;
    });
    if (opened.length === 0) break;
    open.push(...opened.map(({ id }) => id));
    level = opened.flatMap(({ children }) => children);
  }
  return open;
}

/** Lists of inputs and rows of nodes say little more when they are open. */
function isWorthOpening({ kind, children }: Item): boolean {
  return children.length > 0 && (kind === 'scope' || kind === 'node');
}

/** The scopes to open for an item to be seen, the outermost first. */
export function pathTo(items: readonly Item[], id: number): readonly number[] {
  const path: number[] = [];
  let parent = items[id]?.parent ?? -1;
  while (parent > 0) {
    path.unshift(parent);
    parent = items[parent]?.parent ?? -1;
  }
  return path;
}
