import type { FileGraph, Item, Value } from './items.ts';
import { lookUp } from './items.ts';
import { operatorOf } from './messages.ts';
import { fewNumbers } from './tensor-numbers.ts';

/** What is written on a box, and how large that makes it. */
export interface BoxText {
  readonly title: string;
  readonly notes: readonly string[];
  readonly width: number;
  readonly height: number;
}

export const titleSize = 13;
export const noteSize = 11;
export const labelSize = 10;
/** What is longer is cut. */
const longest = 34;
const longestType = 52;
const mostNotes = 3;

/** How wide a text will be, with room for wide fonts: the page's own is not known where boxes are laid out. */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const character of text)
    ems += /[MWmw—]/.test(character)
      ? 0.92
      : /[A-Z_?]/.test(character)
        ? 0.68
        : /[ijlt.,:;()[\]/ |'f]/.test(character)
          ? 0.38
          : 0.6;
  return Math.ceil(ems * size);
}

/** A text's beginning; of a path its end. */
export function shortened(text: string, length = longest): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function shortenedPath(text: string): string {
  return text.length <= longest ? text : `…${text.slice(1 - longest)}`;
}

/** What is written on an item's box. */
export function boxText(item: Item, graph: FileGraph): BoxText {
  const title = shortened(titleOf(item));
  const isType = item.value !== undefined;
  const notes = notesOf(item, graph).map((note) => (isType ? shortened(note, longestType) : shortenedPath(note)));
  const widest = Math.max(textWidth(title, titleSize), ...notes.map((note) => textWidth(note, noteSize)));
  return { title, notes, width: Math.max(64, widest + 26), height: 30 + notes.length * 15 };
}

/** What an item is called: a node by its operator. */
export function titleOf({ kind, label, place, name, node, value }: Item): string {
  if (node !== undefined) return operatorOf(node) || 'node';
  if (value !== undefined) return value.name;
  return kind === 'scope' ? [place, label].filter((part) => part !== '').join('/') || name || 'graph' : label;
}

/** How many nodes, in words. */
export function nodesInWords(nodes: number): string {
  return `${nodes.toLocaleString('en')} ${nodes === 1 ? 'node' : 'nodes'}`;
}

function notesOf(item: Item, graph: FileGraph): readonly string[] {
  const { kind, node, nodes, value } = item;
  if (kind === 'values' || (kind === 'run' && nodes === 0))
    return [`${valuesIn(item, graph).toLocaleString('en')} values`];
  if (value !== undefined) return [value.type];
  if (node === undefined) return [nodesInWords(nodes), ...(kind === 'run' ? [mostFrequent(item, graph)] : [])];
  const stored = (node.input ?? []).flatMap((name) => {
    const read = name === '' ? undefined : lookUp(item.frame, name);
    return read?.tensor === undefined ? [] : [storedInWords(read)];
  });
  const own = ownName(item);
  const notes = [...(own === '' ? [] : [own]), ...(nodes > 1 ? [nodesInWords(nodes - 1)] : []), ...stored];
  return notes.length <= mostNotes
    ? notes
    : [...notes.slice(0, mostNotes - 1), `and ${notes.length - mostNotes + 1} more`];
}

/** What a node's name tells beside its operator and its scope: nothing where it is numbered only. */
function ownName({ node, label, place }: Item): string {
  const operator = node?.opType ?? '';
  const rest = label.replace(/[_:.-]?\d*$/, '');
  return [place, rest === operator || /^node_?$/i.test(rest) ? '' : label].filter((part) => part !== '').join('/');
}

/** `attn.c_attn.weight (128, 384)`, or a small one's numbers. */
function storedInWords({ name, type, tensor }: Value): string {
  const numbers = tensor === undefined ? undefined : fewNumbers(tensor, 4);
  if (numbers !== undefined) return numbers;
  const sizes = type.slice(type.indexOf('('));
  const end = name.split(/[./]/).slice(-2).join('.');
  return `${shortened(end, Math.max(8, longest - sizes.length - 1))} ${sizes}`;
}

function valuesIn({ children, value }: Item, graph: FileGraph): number {
  const inside = children.flatMap((child) => graph.items[child] ?? []);
  return inside.reduce((sum, item) => sum + valuesIn(item, graph), value === undefined ? 0 : 1);
}

/** The operators that a row of nodes has most of. */
function mostFrequent(item: Item, { items }: FileGraph): string {
  const counts = new Map<string, number>();
  for (const child of item.children) {
    const operator = items[child]?.node?.opType ?? '';
    if (operator !== '') counts.set(operator, (counts.get(operator) ?? 0) + 1);
  }
  const [first, second] = [...counts].sort(([, one], [, other]) => other - one);
  return [first, second].flatMap((count) => (count === undefined ? [] : [`${count[1]} ${count[0]}`])).join(', ');
}
