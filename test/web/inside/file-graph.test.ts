import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inOrder } from '../../../web/src/inside/arrange.ts';
import { bodiesOf, type GraphMessage, type NodeMessage } from '../../../web/src/inside/messages.ts';
import { openAtFirst } from '../../../web/src/inside/start.ts';
import { debianPath } from '../../support/debian.ts';
import { declared, type Opened, opened, openedGraph, openedProgram, randomNumbers, someOpen } from './opened.ts';

/** All nodes of a file, those in bodies included. */
function nodesOf({ node = [] }: GraphMessage): readonly NodeMessage[] {
  return node.flatMap((one) => [one, ...bodiesOf(one).flatMap(({ body }) => nodesOf(body))]);
}

/** How many boxes of a picture each node is in: its own, or that of a closed scope around it. */
function boxesOfNodes({ message, graph, picture }: Opened, open: ReadonlySet<number>): readonly number[] {
  const drawn = new Map(picture.scene(open).items.map((item) => [item.id, item]));
  const itemOf = new Map(graph.items.flatMap((item) => (item.node === undefined ? [] : [[item.node, item] as const])));
  return nodesOf(message.graph).map((node) => {
    let boxes = 0;
    for (let item = itemOf.get(node); item !== undefined; item = graph.items[item.parent]) {
      const found = drawn.get(item.id);
      // An open scope is no box; a node with an open body is shown as that.
      if (found !== undefined && (found.isOpen !== true || item.node === node)) boxes += 1;
    }
    return boxes;
  });
}

describe('a training graph', () => {
  const train = openedProgram('gpt-nano', 'train');
  const all = nodesOf(train.message.graph).length;

  test('counts all of its nodes, those of the Scan included', () => {
    expect(all).toBeGreaterThan(900);
    expect(train.graph.items[0]?.nodes).toBe(all);
  });

  test.each([0, 0.1, 0.3, 0.6, 1])('has each node in exactly one box with %d of its scopes open', (share) => {
    const random = randomNumbers(share * 10 + 1);
    for (let round = 0; round < 3; round += 1) {
      const boxes = boxesOfNodes(train, someOpen(train.graph, share, random));
      expect(boxes).toHaveLength(all);
      expect(boxes.filter((count) => count !== 1)).toEqual([]);
    }
  });

  test('begins with few boxes', () => {
    const { items } = train.picture.scene(new Set(openAtFirst(train.graph)));
    const boxes = items.filter(({ isOpen }) => isOpen !== true).length;
    expect(boxes).toBeGreaterThan(8);
    expect(boxes).toBeLessThanOrEqual(40);
  });
});

test('a scope is named by its path, and dots are no separators', () => {
  const { graph } = openedProgram('gpt-nano', 'forward');
  const scopes = inOrder(graph.items).filter(({ kind, id }) => kind === 'scope' && id !== 0);
  expect(scopes.map(({ name }) => name)).toContain('/transformer/h.0/attn');
  expect(scopes.map(({ label }) => label)).toContain('h.0');
});

test('a scope with one node in it gives its place to the node', () => {
  const { graph } = openedProgram('gpt-nano', 'forward');
  const norm = inOrder(graph.items).find(({ name }) => name.startsWith('/transformer/h.0/ln_1/'));
  expect(norm?.place).toBe('ln_1');
  expect(graph.items[norm?.parent ?? -1]?.name).toBe('/transformer/h.0');
});

/** A chain of nodes without names. */
function chain(length: number): GraphMessage {
  const node = Array.from({ length }, (_, index) => ({
    opType: 'Relu',
    input: [`v${index}`],
    output: [`v${index + 1}`],
  }));
  return { name: 'flat', node, input: [declared('v0', 3)], output: [declared(`v${length}`, 3)] };
}

test.each([10, 50, 51, 1000, 12_000])('%d nodes without scopes stand in runs that can be looked at', (length) => {
  const flat = openedGraph(chain(length));
  const order = inOrder(flat.graph.items);
  expect(order.filter(({ node }) => node !== undefined)).toHaveLength(length);
  expect(Math.max(...order.map(({ children }) => children.length))).toBeLessThanOrEqual(52);
  expect(flat.graph.items[0]?.nodes).toBe(length);
  if (length === 1000) expect(order.map(({ label }) => label)).toContain('nodes 951–1000');
});

test('many inputs are held together, in their order', () => {
  const names = Array.from({ length: 30 }, (_, index) => `in.${index}`);
  const { graph } = openedGraph({
    node: [{ opType: 'Sum', input: names, output: ['out'] }],
    input: names.map((name) => declared(name, 2)),
    output: [declared('out', 2)],
  });
  const list = inOrder(graph.items).find(({ kind }) => kind === 'values');
  expect(list?.children.map((child) => graph.items[child]?.name)).toEqual(names);
});

const folder = debianPath('/usr/share/libonnx-testdata/data', 'libonnx-testdata');

test.skipIf(folder === undefined)("each node of the ONNX project's own test models is in exactly one box", () => {
  const files = readdirSync(folder ?? '', { recursive: true, encoding: 'utf8' }).filter((path) =>
    /(loop|if|scan|seq|expanded|simple|operator).*\.onnx$/.test(path),
  );
  expect(files.length).toBeGreaterThan(100);
  const random = randomNumbers(3);
  for (const file of files) {
    const model = opened(readFileSync(join(folder ?? '', file)));
    for (const open of [new Set<number>(), someOpen(model.graph, 0.5, random), someOpen(model.graph, 1, random)]) {
      expect(
        boxesOfNodes(model, open).filter((count) => count !== 1),
        file,
      ).toEqual([]);
    }
  }
});
