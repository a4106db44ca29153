import { inOrder } from './arrange.ts';
import { titleOf } from './box-text.ts';
import type { FileGraph, Item } from './items.ts';
import type { Found, SearchResult } from './protocol.ts';
import { pathTo } from './start.ts';

/** So many are shown. */
const mostShown = 100;

/** Something that can be found by a text. */
interface Entry {
  readonly item: Item;
  readonly what: Found['what'];
  readonly text: string;
  readonly lower: string;
}

/** Finds nodes by their operator and name, values and weights by name, and scopes. */
export class Index {
  readonly #graph: FileGraph;
  readonly #entries: readonly Entry[];

  constructor(graph: FileGraph) {
    this.#graph = graph;
    const entries: Entry[] = [];
    const add = (item: Item, what: Found['what'], text: string): void => {
      if (text !== '') entries.push({ item, what, text, lower: text.toLowerCase() });
    };
    for (const item of inOrder(graph.items)) {
      const { id, node, value, kind, name } = item;
      if (node !== undefined) {
        add(item, 'operator', titleOf(item));
        add(item, 'node', name);
        for (const made of node.output ?? []) add(item, 'value', made);
      } else if (value !== undefined) add(item, 'value', value.name);
      else if (kind === 'scope' && id !== 0) add(item, 'scope', name);
    }
    for (const { name, consumers } of graph.stored) {
      const [reader] = consumers;
      const item = reader === undefined ? undefined : graph.items[reader];
      if (item !== undefined) add(item, 'weight', name);
    }
    this.#entries = entries;
  }

  /** All words of the query must be in one text. What fits best comes first; each item is found once, a weight always. */
  find(query: string): SearchResult {
    const words = query
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    if (words.length === 0) return { found: [], count: 0 };
    const whole = words.join(' ');
    const best = new Map<string, { readonly entry: Entry; readonly rank: number }>();
    for (const entry of this.#entries) {
      if (!words.every((word) => entry.lower.includes(word))) continue;
      const rank = rankOf(entry, whole);
      const key = entry.what === 'weight' ? `weight ${entry.text}` : `${entry.item.id}`;
      const before = best.get(key);
      if (before === undefined || rank < before.rank) best.set(key, { entry, rank });
    }
    const ordered = [...best.values()].sort((one, other) => one.rank - other.rank);
    return { found: ordered.slice(0, mostShown).map(({ entry }) => this.#found(entry)), count: ordered.length };
  }

  #found({ item, what, text }: Entry): Found {
    const { items } = this.#graph;
    const path = pathTo(items, item.id);
    const title = titleOf(item);
    const scopes = path.flatMap((id) => items[id] ?? []).map(titleOf);
    const where =
      what === 'operator'
        ? item.name === ''
          ? scopes.join(' / ')
          : item.name
        : what === 'weight'
          ? `read by ${title}`
          : what === 'scope'
            ? ''
            : title;
    return { item: item.id, label: text, path, what, where };
  }
}

const whole = 0;
const start = 1;
const startOfPart = 2;
const inside = 3;

function rankOf({ lower }: Entry, query: string): number {
  if (lower === query) return whole;
  if (lower.startsWith(query)) return start;
  const at = lower.indexOf(query);
  return at > 0 && /[/._:]/.test(lower[at - 1] ?? '') ? startOfPart : inside;
}
