import { computed, signal } from '@preact/signals';
import { engine } from '../engine/start.ts';
import { messageOf } from '../shared/errors.ts';
import type { Details, GraphSource, OpenedGraph, Place, Scene, SceneItem } from './protocol.ts';

/** A picture, and how the view is to move to it. */
export interface Shown {
  readonly scene: Scene;
  /** `start` at its top; `keep` an item where it is on the screen; bring an item to the `middle`. */
  readonly move: { readonly to: 'start' } | { readonly to: 'keep' | 'middle'; readonly item: number };
}

/** What is looked at; undefined until the first file is there. */
export const openedGraph = signal<OpenedGraph | undefined>(undefined);
/** What was asked for: the choices on the page show it. */
export const source = signal<GraphSource | undefined>(undefined);
export const shown = signal<Shown | undefined>(undefined);
export const openScopes = signal<ReadonlySet<number>>(new Set());
export const selected = signal<number | undefined>(undefined);
export const details = signal<Details | undefined>(undefined);
export const isBusy = signal(false);
export const problem = signal<string | undefined>(undefined);

/** The items of the picture by their ids. */
export const itemsById = computed<ReadonlyMap<number, SceneItem>>(
  () => new Map((shown.value?.scene.items ?? []).map((item) => [item.id, item])),
);

let asked = 0;

/** Opens what is to be looked at. What was open stays if that fails. */
export async function lookAt(wanted: GraphSource): Promise<void> {
  asked += 1;
  const turn = asked;
  isBusy.value = true;
  problem.value = undefined;
  try {
    const graph = await engine().openGraph(wanted);
    const scene = await engine().graphScene(graph.key, graph.open);
    if (turn !== asked) return;
    openedGraph.value = graph;
    source.value = wanted;
    openScopes.value = new Set(graph.open);
    selected.value = undefined;
    details.value = undefined;
    shown.value = { scene, move: { to: 'start' } };
  } catch (error) {
    if (turn === asked) problem.value = messageOf(error);
  } finally {
    if (turn === asked) isBusy.value = false;
  }
}

/** Opens a scope, or closes it. */
export function toggle(item: number): Promise<void> {
  const open = new Set(openScopes.value);
  if (!open.delete(item)) open.add(item);
  return draw(open, { to: 'keep', item });
}

/** Opens what an item is in, brings it to the middle and selects it. */
export async function goTo({ item, path }: Place): Promise<void> {
  select(item);
  const now = shown.value;
  if (now !== undefined && itemsById.value.has(item)) {
    shown.value = { scene: now.scene, move: { to: 'middle', item } };
    return;
  }
  await draw(new Set([...openScopes.value, ...path]), { to: 'middle', item });
}

/** Opens what was open at first, and nothing else. */
export function startAgain(): Promise<void> {
  return draw(new Set(openedGraph.value?.open ?? []), { to: 'start' });
}

/** Tells of an item; of the whole file with none. */
export function select(item: number | undefined): void {
  selected.value = item;
  const { key } = openedGraph.value ?? {};
  if (item === undefined || key === undefined) {
    details.value = undefined;
    return;
  }
  engine()
    .graphDetails(key, item)
    .then((told) => {
      if (selected.value === item && openedGraph.value?.key === key) details.value = told;
    }, tell);
}

let drawn = 0;

async function draw(open: ReadonlySet<number>, move: Shown['move']): Promise<void> {
  const { key } = openedGraph.value ?? {};
  if (key === undefined) return;
  drawn += 1;
  const turn = drawn;
  openScopes.value = open;
  try {
    const scene = await engine().graphScene(key, [...open]);
    // Of several that were asked for, the last one has them all.
    if (turn === drawn && openedGraph.value?.key === key) shown.value = { scene, move };
  } catch (error) {
    tell(error);
  }
}

function tell(error: unknown): void {
  problem.value = messageOf(error);
}
