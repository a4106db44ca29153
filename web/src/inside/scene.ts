import { boxText, labelSize, nodesInWords, shortened, textWidth, titleOf, titleSize } from './box-text.ts';
import { familyOf } from './families.ts';
import type { FileGraph, Item } from './items.ts';
import {
  type Child,
  type Inside,
  type LabelledLine,
  type Order,
  placeInColumns,
  placeInside,
  type Size,
} from './place.ts';
import type { Scene, SceneItem, SceneLine } from './protocol.ts';
import { isList, type Line, type Wiring } from './wiring.ts';

type Dagre = typeof import('@dagrejs/dagre');

/** Values whose names are told with a line. */
const mostNamed = 8;

/** Lays out a graph with some of its scopes open. What was laid out before is kept: opening a scope moves what is around it only. */
export class Picture {
  readonly #graph: FileGraph;
  readonly #wiring: Wiring;
  readonly #dagre: Dagre;
  readonly #kept = new Map<string, Inside>();
  readonly #orders = new Map<number, Order>();

  constructor(graph: FileGraph, wiring: Wiring, dagre: Dagre) {
    this.#graph = graph;
    this.#wiring = wiring;
    this.#dagre = dagre;
  }

  /** @param open the scopes that are open; the whole graph always is */
  scene(open: ReadonlySet<number>): Scene {
    const started = performance.now();
    const items: SceneItem[] = [];
    const lines: SceneLine[] = [];
    const insides = new Map<number, Inside>();
    const { width, height } = this.#inside(0, open, insides);
    this.#draw(0, { x: 0, y: 0, level: 1 }, insides, items, lines);
    return { items, lines, width, height, milliseconds: performance.now() - started };
  }

  /** Lays out an open scope, what is open in it first. */
  #inside(id: number, open: ReadonlySet<number>, insides: Map<number, Inside>): Inside {
    const children = new Map<number, Child>();
    const sizes: string[] = [];
    for (const child of this.#graph.items[id]?.children ?? []) {
      const item = this.#graph.items[child];
      if (item === undefined) continue;
      if (isOpen(item, open)) {
        const inside = this.#inside(child, open, insides);
        const width = Math.max(inside.width, titleWidth(item));
        children.set(child, { width, height: inside.height, ports: inside.ports });
        sizes.push(
          `${child}:${[...open]
            .filter((other) => isWithin(this.#graph.items, other, child))
            .sort()
            .join(' ')}`,
        );
      } else children.set(child, boxText(item, this.#graph));
    }
    const key = `${id} ${sizes.join(',')}`;
    const inside = this.#kept.get(key) ?? this.#place(id, children);
    // Only the latest of each scope: there are endless ways in which scopes can be open.
    for (const old of this.#kept.keys()) if (old.startsWith(`${id} `)) this.#kept.delete(old);
    this.#kept.set(key, inside);
    insides.set(id, inside);
    return inside;
  }

  #place(id: number, children: ReadonlyMap<number, Child>): Inside {
    if (isList(this.#graph.items, id)) return placeInColumns(children);
    const lines = (this.#wiring.get(id) ?? []).map(
      (line): LabelledLine => ({ line, label: sizeOf(labelOf(line, this.#wiring.get(id) ?? [])) }),
    );
    const order = this.#orders.get(id) ?? new Map();
    this.#orders.set(id, order);
    return placeInside(this.#dagre, children, lines, order);
  }

  #draw(
    id: number,
    at: { readonly x: number; readonly y: number; readonly level: number },
    insides: ReadonlyMap<number, Inside>,
    items: SceneItem[],
    lines: SceneLine[],
  ): void {
    const inside = insides.get(id);
    const children = this.#graph.items[id]?.children ?? [];
    if (inside === undefined) return;
    const all = this.#wiring.get(id) ?? [];
    for (const { line, points, label } of inside.lines) {
      lines.push({
        scope: id,
        from: line.from.item,
        to: line.to.item,
        points: points.flatMap(({ x, y }) => [round(at.x + x), round(at.y + y)]),
        arrives: line.to.kind === 'child' && !insides.has(line.to.item),
        label: labelOf(line, all),
        labelX: round(at.x + label.x),
        labelY: round(at.y + label.y),
        values: [...line.values].slice(0, mostNamed).map(({ name, type }) => `${name}: ${type}`),
        count: line.values.size,
      });
    }
    for (const [index, child] of children.entries()) {
      const item = this.#graph.items[child];
      const place = inside.places.get(child);
      if (item === undefined || place === undefined) continue;
      const text = boxText(item, this.#graph);
      const open = insides.get(child);
      const [x, y] = [round(at.x + place.x), round(at.y + place.y)];
      const size: Size =
        open === undefined ? text : { width: Math.max(open.width, titleWidth(item)), height: open.height };
      items.push({
        id: child,
        parent: id,
        level: at.level,
        position: index + 1,
        siblings: children.length,
        kind: sceneKind(item),
        title: text.title,
        notes: text.notes,
        ...(item.node === undefined ? {} : { family: familyOf(item.node.opType) }),
        ...(item.children.length === 0 ? {} : { isOpen: open !== undefined }),
        ...{ x, y, width: round(size.width), height: round(size.height) },
      });
      if (open !== undefined) this.#draw(child, { x, y, level: at.level + 1 }, insides, items, lines);
    }
  }
}

function sceneKind({ kind }: Item): SceneItem['kind'] {
  return kind === 'run' || kind === 'values' ? 'scope' : kind;
}

function isOpen({ id, children }: Item, open: ReadonlySet<number>): boolean {
  return children.length > 0 && open.has(id);
}

/** Whether an item is another one or lies in it. */
function isWithin(items: readonly Item[], id: number, around: number): boolean {
  for (let item = items[id]; item !== undefined; item = items[item.parent]) if (item.id === around) return true;
  return false;
}

function titleWidth(item: Item): number {
  return textWidth(shortened(titleOf(item)), titleSize) + textWidth(nodesInWords(item.nodes), titleSize) + 60;
}

function sizeOf(label: string): Size {
  return label === '' ? { width: 0, height: 0 } : { width: textWidth(label, labelSize) + 8, height: labelSize + 4 };
}

/** What a line says: its value's type, or how many values it has; nothing where the same line says it outside of the scope. */
function labelOf(line: Line, all: readonly Line[]): string {
  const [value] = line.values;
  if (isToldOutside(line, all)) return '';
  return line.values.size === 1 && value !== undefined
    ? value.type === 'unknown'
      ? ''
      : value.type
    : `${line.values.size} values`;
}

/** Whether the piece on the other side of the scope's edge has the same values. */
function isToldOutside({ from, to, values }: Line, all: readonly Line[]): boolean {
  if (from.kind === 'child' && to.kind === 'child') return false;
  const beside = new Set(
    all
      .filter((other) =>
        from.kind === 'entry'
          ? other.from.kind === 'entry' && other.from.item === from.item
          : other.to.kind === 'exit' && other.to.item === to.item,
      )
      .flatMap((other) => [...other.values]),
  );
  return beside.size === values.size;
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
