import { describe, expect, test } from 'vitest';
import { detailsOf } from '../../../web/src/inside/details.ts';
import { Index } from '../../../web/src/inside/search.ts';
import { openedProgram } from './opened.ts';

const noFile = async (): Promise<undefined> => undefined;

describe('searching a forward program', () => {
  const { graph, picture } = openedProgram('gpt-nano', 'forward');
  const index = new Index(graph);

  test('finds an operator everywhere it is, once each', () => {
    const { found, count } = index.find('softmax');
    expect(count).toBe(4);
    expect(found.map(({ what, label }) => `${what} ${label}`)).toEqual(new Array(4).fill('operator Softmax'));
  });

  test('finds weights, and leads to what reads them', () => {
    const { found } = index.find('h.2.mlp.c_fc.weight');
    expect(found[0]).toMatchObject({ what: 'weight', label: 'transformer.h.2.mlp.c_fc.weight' });
    expect(graph.items[found[0]?.item ?? -1]?.node?.opType).toBe('MatMul');
  });

  test('finds inputs, outputs and scopes by name', () => {
    expect(index.find('logits').found[0]).toMatchObject({ what: 'value', label: 'logits' });
    expect(index.find('/transformer/h.3').found[0]).toMatchObject({ what: 'scope', label: '/transformer/h.3' });
  });

  test('wants all words, in any order', () => {
    expect(index.find('h.1 softmax').found.map(({ label }) => label)).toEqual(['/transformer/h.1/attn/Softmax']);
    expect(index.find('softmax h.1').count).toBe(1);
    expect(index.find('softmax h.9').count).toBe(0);
    expect(index.find('   ').count).toBe(0);
  });

  test('opens all that a found item is in', () => {
    for (const { item, path } of index.find('h.').found) {
      const scene = picture.scene(new Set(path));
      expect(scene.items.map(({ id }) => id)).toContain(item);
    }
  });
});

test('shows a hundred results at most, and counts all', () => {
  const { graph } = openedProgram('gpt-nano', 'train');
  const { found, count } = new Index(graph).find('m');
  expect(found).toHaveLength(100);
  expect(count).toBeGreaterThan(500);
});

describe('details', () => {
  const { graph, message } = openedProgram('gpt-nano', 'forward');
  const itemNamed = (name: string): number => graph.items.find((item) => item.name === name)?.id ?? -1;

  test('tell of a node what it reads, makes and weighs', async () => {
    const details = await detailsOf(itemNamed('/transformer/h.0/attn/c_attn/MatMul'), graph, noFile);
    if (details?.kind !== 'node') throw new Error('no node');
    expect(details.operator).toBe('MatMul');
    expect(details.inputs.map(({ type }) => type)).toEqual(['float32 (batch, time, 128)', 'float32 (128, 384)']);
    expect(details.inputs[0]?.places[0]?.label).toBe('/transformer/h.0/ln_1/LayerNormalization');
    const [weight] = details.weights;
    const stored = message.graph.initializer?.find(({ name }) => name === weight?.name);
    const numbers = new Float32Array(stored?.rawData?.slice().buffer ?? new ArrayBuffer(0));
    expect(weight).toMatchObject({ elements: 128 * 384, bytes: 4 * 128 * 384, notFinite: 0 });
    expect(weight?.statistics?.mean).toBeCloseTo(numbers.reduce((sum, number) => sum + number, 0) / numbers.length, 6);
  });

  test('tell attributes readably', async () => {
    const softmax = await detailsOf(itemNamed('/transformer/h.0/attn/Softmax'), graph, noFile);
    expect(softmax).toMatchObject({ attributes: [{ name: 'axis', text: '−1' }] });
    const norm = await detailsOf(itemNamed('/transformer/h.0/ln_1/LayerNormalization'), graph, noFile);
    if (norm?.kind !== 'node') throw new Error('no node');
    expect(norm.attributes).toContainEqual({ name: 'epsilon', text: '0.00001' });
  });

  test('count the parameters of a scope, those that are read twice once', async () => {
    const details = await detailsOf(itemNamed('/transformer/h.0'), graph, noFile);
    // Two norms, and attention's and the perceptron's four matrices, without biases.
    expect(details).toMatchObject({ kind: 'scope', parameters: 2 * 128 + 128 * 384 + 128 * 128 + 2 * 128 * 512 });
    const whole = await detailsOf(0, graph, noFile);
    expect(whole).toMatchObject({
      parameters: 4 * (2 * 128 + 128 * 384 + 128 * 128 + 2 * 128 * 512) + 128 + (65 + 64) * 128,
    });
  });
});
