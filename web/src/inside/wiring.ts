import type { FileGraph, Item, Value } from './items.ts';

/**
 * One end of a line inside a scope: one of the scope's children, or the place on its edge where something comes in from, or goes out to,
 * an item outside: the one that stands beside the outermost scope that the line crosses.
 */
export type End =
  | { readonly kind: 'child'; readonly item: number }
  | { readonly kind: 'entry'; readonly item: number }
  | { readonly kind: 'exit'; readonly item: number };

/** A line inside a scope, with all values that go along it. */
export interface Line {
  readonly from: End;
  readonly to: End;
  readonly values: ReadonlySet<Value>;
}

/** The lines of each scope by its item. What a scope has of lines does not depend on what else is open. */
export type Wiring = ReadonlyMap<number, readonly Line[]>;

/** Leads each value from what makes it to what reads it, through all scopes in between. */
export function wire({ items, links }: FileGraph): Wiring {
  const scopes = new Map<number, Map<string, { from: End; to: End; values: Set<Value> }>>();
  const add = (scope: number, from: End, to: End, value: Value): void => {
    const lines = scopes.get(scope) ?? new Map<string, { from: End; to: End; values: Set<Value> }>();
    scopes.set(scope, lines);
    const key = `${keyOf(from)} ${keyOf(to)}`;
    const line = lines.get(key) ?? { from, to, values: new Set() };
    lines.set(key, line);
    line.values.add(value);
  };
  for (const { value, from, to } of links) {
    const down = pathTo(from, items);
    const up = pathTo(to, items);
    const parting = down.findIndex((item, index) => item !== up[index]);
    const source = down[parting];
    const target = up[parting];
    // A body can't read what its own node makes; a file that says so is not to be drawn.
    if (source === undefined || target === undefined) continue;
    add(down[parting - 1] ?? 0, { kind: 'child', item: source }, { kind: 'child', item: target }, value);
    for (const [scope, child] of steps(down, parting, items)) {
      add(scope, { kind: 'child', item: child }, { kind: 'exit', item: target }, value);
    }
    for (const [scope, child] of steps(up, parting, items)) {
      add(scope, { kind: 'entry', item: source }, { kind: 'child', item: child }, value);
    }
  }
  return new Map([...scopes].map(([scope, lines]) => [scope, [...lines.values()]]));
}

/** How an end is told from the others of its scope. */
export function keyOf({ kind, item }: End): string {
  return `${kind}:${item}`;
}

/** The items from the outermost to this one. */
function pathTo(id: number, items: readonly Item[]): number[] {
  const path: number[] = [];
  for (let item = items[id]; item !== undefined; item = items[item.parent]) path.push(item.id);
  return path.reverse();
}

/** Each scope on a path below where it parts, and the child in it that the path goes on to. Lists of inputs and outputs have no lines. */
function steps(
  path: readonly number[],
  parting: number,
  items: readonly Item[],
): readonly (readonly [number, number])[] {
  return path.slice(parting, -1).flatMap((scope, index) => {
    const child = path[parting + index + 1];
    return child === undefined || isList(items, scope) ? [] : [[scope, child] as const];
  });
}

/** Whether an item is a list of inputs or outputs, or a part of one. */
export function isList(items: readonly Item[], id: number): boolean {
  const item = items[id];
  if (item === undefined) return false;
  return item.kind === 'values' || (item.kind === 'run' && isList(items, item.parent));
}
