import { describe, expect, test } from 'vitest';
import { inOrder } from '../../../web/src/inside/arrange.ts';
import type { Item } from '../../../web/src/inside/items.ts';
import { bodiesOf, type GraphMessage, type NodeMessage, type ValueMessage } from '../../../web/src/inside/messages.ts';
import type { SceneItem } from '../../../web/src/inside/protocol.ts';
import { isList } from '../../../web/src/inside/wiring.ts';
import { declared, type Opened, openedGraph, openedProgram, randomNumbers, someOpen } from './opened.ts';

/** What makes a value or reads it: a node, or an input or output of a graph. */
type Party = NodeMessage | ValueMessage;

interface Passing {
  readonly name: string;
  readonly from: Party;
  readonly to: Party;
}

/** All values on their way in a graph and the bodies in it, read from the file alone. Only Scan's bodies take values over by position. */
function passings(graph: GraphMessage, around: ReadonlyMap<string, Party> = new Map()): readonly Passing[] {
  const { node = [], input = [], output = [] } = graph;
  const makers = new Map(around);
  for (const one of input) makers.set(one.name ?? '', one);
  for (const one of node) {
    const scanned = one.opType === 'Scan' ? bodiesOf(one)[0]?.body.output : undefined;
    for (const [index, name] of (one.output ?? []).entries()) makers.set(name, scanned?.[index] ?? one);
  }
  const found: Passing[] = [];
  const read = (name: string, to: Party): void => {
    const from = name === '' ? undefined : makers.get(name);
    if (from !== undefined) found.push({ name, from, to });
  };
  for (const one of node) {
    const scanned = one.opType === 'Scan' ? bodiesOf(one)[0]?.body.input : undefined;
    for (const [index, name] of (one.input ?? []).entries()) read(name, scanned?.[index] ?? one);
    for (const { body } of bodiesOf(one)) found.push(...passings(body, makers));
  }
  for (const one of output) read(one.name ?? '', one);
  return found;
}

/** The item that is seen of another: itself, or the closed one around it. Lists of inputs or outputs are reached as a whole. */
function seen(item: Item, { graph }: Opened, drawn: ReadonlyMap<number, SceneItem>): number {
  let found = item.id;
  for (let here: Item | undefined = item; here !== undefined; here = graph.items[here.parent]) {
    if (drawn.get(here.id)?.isOpen === false || isList(graph.items, here.id)) found = here.id;
  }
  return found;
}

/** Where the lines of one value lead from an item, through the edges of open scopes. */
function reached(
  start: number,
  name: string,
  { graph, wiring }: Opened,
  drawn: ReadonlyMap<number, SceneItem>,
): ReadonlySet<number> {
  const isScope = (id: number): boolean => drawn.get(id)?.isOpen === true && !isList(graph.items, id);
  const ends = new Set<number>();
  const visited = new Set<string>();
  const follow = (scope: number, isFrom: (kind: string, item: number) => boolean): void => {
    for (const line of wiring.get(scope) ?? []) {
      if (!isFrom(line.from.kind, line.from.item) || ![...line.values].some((value) => value.name === name)) continue;
      const key = `${scope} ${line.from.kind} ${line.from.item} ${line.to.kind} ${line.to.item}`;
      if (visited.has(key)) continue;
      visited.add(key);
      const { kind, item } = line.to;
      if (kind === 'exit') {
        const around = graph.items[scope]?.parent ?? -1;
        // Outside, the same line leads on from this scope to what it went out to: there, or further out.
        follow(around, (from, id) => from === 'child' && id === scope && leadsTo(around, scope, item));
      } else if (isScope(item)) {
        const from = line.from.item;
        follow(item, (inner, id) => inner === 'entry' && id === from);
        if (![...(wiring.get(item) ?? [])].some((inner) => inner.from.kind === 'entry' && inner.from.item === from))
          ends.add(item);
      } else ends.add(item);
    }
  };
  const leadsTo = (scope: number, child: number, target: number): boolean =>
    (wiring.get(scope) ?? []).some(
      ({ from, to }) => from.kind === 'child' && from.item === child && to.item === target,
    );
  follow(graph.items[start]?.parent ?? -1, (kind, item) => kind === 'child' && item === start);
  return ends;
}

/** Compares the lines of a picture with what the file says of its values. */
function compare(model: Opened, open: ReadonlySet<number>): void {
  const { message, graph, picture } = model;
  const scene = picture.scene(open);
  const drawn = new Map(scene.items.map((item) => [item.id, item]));
  const opened = [0, ...scene.items.filter(({ isOpen }) => isOpen === true).map(({ id }) => id)];
  for (const scope of opened.filter((id) => !isList(graph.items, id))) {
    const ends = (model.wiring.get(scope) ?? []).map(
      ({ from, to, values }) => `${from.item} ${to.item} ${values.size}`,
    );
    const lines = scene.lines.filter((line) => line.scope === scope);
    expect(lines.map(({ from, to, count }) => `${from} ${to} ${count}`)).toEqual(ends);
  }
  const itemOf = new Map<Party | string, Item>();
  for (const item of inOrder(graph.items)) {
    itemOf.set(item.node ?? `${item.kind} ${item.name}`, item);
  }
  const inputs = new Set<Party>(allGraphs(message.graph).flatMap(({ input = [] }) => input));
  const itemOfParty = (party: Party): Item | undefined =>
    itemOf.get(party) ?? itemOf.get(`${inputs.has(party) ? 'input' : 'output'} ${party.name ?? ''}`);
  const expected = new Map<string, Set<number>>();
  for (const { name, from, to } of passings(message.graph)) {
    const [source, target] = [itemOfParty(from), itemOfParty(to)];
    if (source === undefined || target === undefined) throw new Error(`${name} has no place in the picture`);
    const [start, end] = [seen(source, model, drawn), seen(target, model, drawn)];
    if (start === end) continue;
    const key = `${start} ${name}`;
    expected.set(key, (expected.get(key) ?? new Set()).add(end));
  }
  expect(expected.size).toBeGreaterThan(0);
  for (const [key, ends] of expected) {
    const [start = '', ...name] = key.split(' ');
    expect([...reached(Number(start), name.join(' '), model, drawn)].sort(), key).toEqual([...ends].sort());
  }
}

function allGraphs(graph: GraphMessage): readonly GraphMessage[] {
  return [graph, ...(graph.node ?? []).flatMap((node) => bodiesOf(node).flatMap(({ body }) => allGraphs(body)))];
}

describe.each(['forward', 'train'] as const)('the lines of a %s program', (name) => {
  const model = openedProgram('gpt-nano', name);

  test.each([0, 0.2, 0.5, 0.8, 1])(
    'lead each value to what reads it, and nowhere else, with %d of the scopes open',
    (share) => {
      const random = randomNumbers(share * 100 + 7);
      for (let round = 0; round < 2; round += 1) compare(model, someOpen(model.graph, share, random));
    },
  );

  test('carry the shape that the file declares', () => {
    const all = allGraphs(model.message.graph);
    const types = new Map(
      all
        .flatMap(({ input = [], output = [], valueInfo = [] }) => [...input, ...output, ...valueInfo])
        .map((one) => [one.name ?? '', one]),
    );
    const names: Readonly<Record<number, string>> = { 1: 'float32', 6: 'int32', 7: 'int64', 9: 'bool' };
    const { lines } = model.picture.scene(someOpen(model.graph, 1, () => 0));
    const single = lines.filter(({ count, label }) => count === 1 && label !== '');
    expect(single.length).toBeGreaterThan(100);
    for (const { label, values } of single) {
      const [valueName = ''] = (values[0] ?? '').split(': ');
      const { elemType = 0, shape } = types.get(valueName)?.type?.tensorType ?? {};
      const sizes = (shape?.dim ?? []).map(({ dimValue, dimParam }) => dimValue ?? dimParam);
      expect(label, valueName).toBe(`${names[elemType]} (${sizes.join(', ')})`);
    }
    for (const { count, label } of lines) if (count > 1 && label !== '') expect(label).toBe(`${count} values`);
  });
});

test('what a Loop takes and gives goes into its body and comes out of it', () => {
  const body: GraphMessage = {
    node: [
      { opType: 'Identity', name: 'goes on', input: ['condition'], output: ['next condition'] },
      { opType: 'Add', name: 'sum', input: ['state', 'outer'], output: ['next state'] },
    ],
    input: [declared('turn'), declared('condition'), declared('state', 2)],
    output: [declared('next condition'), declared('next state', 2)],
  };
  const { graph } = openedGraph({
    node: [
      {
        opType: 'Loop',
        name: 'loop',
        input: ['count', '', 'first'],
        output: ['last'],
        attribute: [{ name: 'body', type: 5, g: body }],
      },
    ],
    input: [declared('count'), declared('first', 2), declared('outer', 2)],
    output: [declared('last', 2)],
  });
  const told = graph.links.map(({ value, from, to }) => [graph.items[from]?.name, value.name, graph.items[to]?.name]);
  expect(told).toContainEqual(['count', 'count', 'loop']);
  expect(told).toContainEqual(['first', 'first', 'state']);
  expect(told).toContainEqual(['outer', 'outer', 'sum']);
  expect(told).toContainEqual(['next state', 'last', 'last']);
});

describe('a layout', () => {
  const model = openedProgram('gpt-nano', 'train');

  test.each([0.2, 0.7, 1])('has no box over another, and all in their scopes, with %d of the scopes open', (share) => {
    const { items, width, height } = model.picture.scene(someOpen(model.graph, share, randomNumbers(share * 9)));
    for (const parent of new Set(items.map((item) => item.parent))) {
      const siblings = items.filter((item) => item.parent === parent);
      const around = items.find(({ id }) => id === parent) ?? { x: 0, y: 0, width, height };
      for (const [index, one] of siblings.entries()) {
        expect(one.x).toBeGreaterThanOrEqual(around.x);
        expect(one.y).toBeGreaterThanOrEqual(around.y);
        expect(one.x + one.width).toBeLessThanOrEqual(around.x + around.width + 0.2);
        expect(one.y + one.height).toBeLessThanOrEqual(around.y + around.height + 0.2);
        for (const other of siblings.slice(index + 1)) {
          const apart =
            one.x + one.width <= other.x ||
            other.x + other.width <= one.x ||
            one.y + one.height <= other.y ||
            other.y + other.height <= one.y;
          expect(apart, `${one.title} and ${other.title}`).toBe(true);
        }
      }
    }
  });

  test('is the same whichever way its scopes came to be open', () => {
    const open = [...someOpen(model.graph, 0.4, randomNumbers(5))];
    const fresh = openedProgram('gpt-nano', 'train').picture.scene(new Set(open));
    model.picture.scene(new Set());
    const again = model.picture.scene(new Set(open.toReversed()));
    expect(again.items).toEqual(fresh.items);
    expect(again.lines).toEqual(fresh.lines);
  });
});
