import { type End, keyOf, type Line } from './wiring.ts';

/** How large something is. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A child to be placed. */
export interface Child extends Size {
  /** Where lines come into it and go out of it, by the keys of its ends, from its left; absent for a box. */
  readonly ports?: ReadonlyMap<string, number>;
}

/** A line to be led, with the size that its label needs. */
export interface LabelledLine {
  readonly line: Line;
  readonly label: Size;
}

/** A scope's inside, laid out from its own top left corner. */
export interface Inside extends Size {
  readonly places: ReadonlyMap<number, Point>;
  readonly lines: readonly { readonly line: Line; readonly points: readonly Point[]; readonly label: Point }[];
  readonly ports: ReadonlyMap<string, number>;
}

type Dagre = typeof import('@dagrejs/dagre');

/** Room around what is in a scope; above it is its title. */
const edge = { side: 16, top: 40, bottom: 22 };
const gaps = { nodesep: 18, edgesep: 12, ranksep: 30 };
/** How wide the place is that a line takes on a scope's edge. */
const portWidth = 6;

/**
 * From left to right, the order of everything at its height, by what dagre calls it. It does not depend on how large things are: found
 * once for each scope it saves half the time, and what stood left of something stays there when one of them is opened.
 */
export type Order = Map<string, number>;

/**
 * Lays out a scope's children from top to bottom, with its lines between them.
 * @param order empty the first time; what was found then
 */
export function placeInside(
  { Graph, layout }: Dagre,
  children: ReadonlyMap<number, Child>,
  lines: readonly LabelledLine[],
  order: Order,
): Inside {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', acyclicer: 'greedy', ranker: 'network-simplex', ...gaps });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [item, { width, height }] of children) graph.setNode(keyOf({ kind: 'child', item }), { width, height });
  for (const { line, label } of lines) {
    for (const end of [line.from, line.to]) addPort(graph, end);
    graph.setEdge(keyOf(line.from), keyOf(line.to), { ...label, labelpos: 'c', points: [] });
  }
  layout(graph, { customOrder: keeping(order) });
  const places = new Map<number, Point>();
  const bounds = new Bounds();
  for (const [item, { width, height }] of children) {
    const { x, y } = middleOf(graph.node(keyOf({ kind: 'child', item })));
    places.set(item, { x: x - width / 2, y: y - height / 2 });
    bounds.add(x - width / 2, y - height / 2);
    bounds.add(x + width / 2, y + height / 2);
  }
  const led = lines.map(({ line, label }) => {
    const found: unknown = graph.edge(keyOf(line.from), keyOf(line.to));
    const { points, x, y } = routeOf(found);
    const route = fitted(points, line, children, places);
    for (const point of route) bounds.add(point.x, point.y);
    if (label.width > 0) {
      bounds.add(x - label.width / 2, y);
      bounds.add(x + label.width / 2, y);
    }
    return { line, route, label: { x, y } };
  });
  return moved(bounds, places, led);
}

/** In a list nothing leads from one to another: its members stand in columns. */
export function placeInColumns(children: ReadonlyMap<number, Child>): Inside {
  const sizes = [...children.values()];
  const width = Math.max(...sizes.map((size) => size.width), 0);
  const columns = Math.max(1, Math.round(Math.sqrt((sizes.length * 60) / (width + 12))));
  const rows = Math.ceil(sizes.length / columns);
  const places = new Map<number, Point>();
  let [x, y, row, tallest] = [edge.side, edge.top, 0, 0];
  for (const [item, { height }] of children) {
    places.set(item, { x, y });
    y += height + 10;
    tallest = Math.max(tallest, y);
    row += 1;
    if (row < rows) continue;
    [x, y, row] = [x + width + 12, edge.top, 0];
  }
  const used = Math.ceil(sizes.length / rows);
  return {
    width: used * (width + 12) - 12 + 2 * edge.side,
    height: tallest - 10 + edge.bottom,
    places,
    lines: [],
    ports: new Map(),
  };
}

type LayoutGraph = InstanceType<Dagre['Graph']>;
/** The little of dagre's own graph that is used here: between the ends of a line it has a node at each height. */
interface Layered {
  nodes(): string[];
  node(name: string): {
    order?: number;
    readonly rank?: number;
    readonly dummy?: string;
    readonly edgeObj?: { readonly v: string; readonly w: string; readonly name?: string };
  };
}

/** Finds an order, or takes the one that was found before. */
function keeping(order: Order) {
  return <Graph extends Layered>(graph: Graph, find: (graph: Graph) => void): void => {
    if (restore(graph, order)) return;
    find(graph);
    for (const name of graph.nodes()) order.set(keyInLayout(name, graph), graph.node(name).order ?? 0);
  };
}

/** Puts everything in the order that was found before. @returns whether there was one for everything */
function restore(graph: Layered, order: Order): boolean {
  const names = graph.nodes();
  if (!names.every((name) => order.has(keyInLayout(name, graph)))) return false;
  for (const name of names) graph.node(name).order = order.get(keyInLayout(name, graph)) ?? 0;
  return true;
}

/** Dagre counts on with the names of what it makes: nodes in lines, and lines that it turned round. */
function keyInLayout(name: string, graph: Layered): string {
  const { dummy, edgeObj, rank } = graph.node(name);
  return dummy === undefined || edgeObj === undefined
    ? name
    : `${edgeObj.v} ${edgeObj.w} ${edgeObj.name === undefined ? '' : 'turned'} ${rank}`;
}

/** Where lines come in is above everything else, where they go out below: a strong line to a point that is not drawn holds them there. */
function addPort(graph: LayoutGraph, end: End): void {
  const key = keyOf(end);
  if (end.kind === 'child' || graph.hasNode(key)) return;
  graph.setNode(key, { width: portWidth, height: 1 });
  const pole = { width: 1, height: 1 };
  if (!graph.hasNode(end.kind)) graph.setNode(end.kind, pole);
  const [from, to] = end.kind === 'entry' ? ['entry', key] : [key, 'exit'];
  graph.setEdge(from, to, { weight: 30, width: 0, height: 0, points: [] });
}

/** A line that begins or ends at an open scope meets the line inside it. */
function fitted(
  points: readonly Point[],
  { from, to }: Line,
  children: ReadonlyMap<number, Child>,
  places: ReadonlyMap<number, Point>,
): Point[] {
  const route = [...points];
  const start = portOf(from, `exit:${to.item}`, children, places);
  const end = portOf(to, `entry:${from.item}`, children, places);
  if (start !== undefined) route[0] = start;
  if (end !== undefined) route[route.length - 1] = end;
  return route;
}

function portOf(
  { kind, item }: End,
  key: string,
  children: ReadonlyMap<number, Child>,
  places: ReadonlyMap<number, Point>,
): Point | undefined {
  const child = children.get(item);
  const place = places.get(item);
  const along = child?.ports?.get(key);
  if (kind !== 'child' || child === undefined || place === undefined || along === undefined) return undefined;
  return { x: place.x + along, y: key.startsWith('exit') ? place.y + child.height : place.y };
}

/** Moves what was laid out to where the scope's edges leave it room, and lets lines go on to the edge. */
function moved(
  bounds: Bounds,
  places: ReadonlyMap<number, Point>,
  led: readonly { readonly line: Line; readonly route: readonly Point[]; readonly label: Point }[],
): Inside {
  const shift = { x: edge.side - bounds.left, y: edge.top - bounds.top };
  const by = ({ x, y }: Point): Point => ({ x: x + shift.x, y: y + shift.y });
  const height = bounds.bottom - bounds.top + edge.top + edge.bottom;
  const ports = new Map<string, number>();
  const lines = led.map(({ line, route, label }) => {
    const points = route.map(by);
    const [first] = points;
    const last = points.at(-1);
    if (line.from.kind === 'entry' && first !== undefined) {
      const port = ports.get(keyOf(line.from)) ?? first.x;
      ports.set(keyOf(line.from), port);
      points.unshift({ x: port, y: 0 });
    }
    if (line.to.kind === 'exit' && last !== undefined) {
      const port = ports.get(keyOf(line.to)) ?? last.x;
      ports.set(keyOf(line.to), port);
      points.push({ x: port, y: height });
    }
    return { line, points, label: by(label) };
  });
  return {
    width: bounds.right - bounds.left + 2 * edge.side,
    height,
    places: new Map([...places].map(([item, place]) => [item, by(place)])),
    lines,
    ports,
  };
}

/** The smallest rectangle around some points. */
class Bounds {
  left = Number.POSITIVE_INFINITY;
  top = Number.POSITIVE_INFINITY;
  right = Number.NEGATIVE_INFINITY;
  bottom = Number.NEGATIVE_INFINITY;

  add(x: number, y: number): void {
    this.left = Math.min(this.left, x);
    this.right = Math.max(this.right, x);
    this.top = Math.min(this.top, y);
    this.bottom = Math.max(this.bottom, y);
  }
}

function middleOf(node: unknown): Point {
  const { x = 0, y = 0 } = (node ?? {}) as Partial<Point>;
  return { x, y };
}

function routeOf(edgeLabel: unknown): Point & { readonly points: readonly Point[] } {
  const { points = [], x = 0, y = 0 } = (edgeLabel ?? {}) as { points?: readonly Point[] } & Partial<Point>;
  return { points, x, y };
}
