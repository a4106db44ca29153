import { describe, expect, test } from 'vitest';
import { constant, dimensionOf, input, type Value } from '../../src/graph/index.ts';
import { scoped } from '../../src/graph.ts';
import { causalAttention, dropout, positions, sideBySide } from '../../src/index.ts';
import { inProgram } from '../../src/model/program.ts';
import { type ModelProgram, placedFrom, plainProgram, withPast } from '../../src/parts.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { numbersOf, runGraph } from '../support/run-graph.ts';

const tokens = input('tokens', 'int32', ['batch', 'time']);
const head = (name = 'x'): Value => input(name, 'float32', ['batch', 'time', 4]);
const heads = (): Value => input('x', 'float32', ['batch', 2, 'time', 4]);

interface Seen {
  readonly slots: string[];
  readonly taps: Record<string, Value>;
}

/** Runs a definition, and tells what it caches and shows. */
function watched(define: () => unknown, changes: Partial<ModelProgram> = {}): Seen {
  const seen: Seen = { slots: [], taps: {} };
  const program: ModelProgram = {
    ...plainProgram,
    cached: (slot, x) => {
      seen.slots.push(
        `${slot.name} of layer ${slot.layer}${slot.head === undefined ? '' : `, head ${slot.head}`}: ${slot.part}`,
      );
      return x;
    },
    tap: (name, x) => {
      seen.taps[name] = x;
    },
    ...changes,
  };
  inProgram(program, { tokens, block: 8 }, define);
  return seen;
}

const attend = (x: Value): Value => causalAttention(x, x, x);

describe('layers are counted from 0', () => {
  test('each attention of all heads is one, each `withPast` is one', () => {
    const { slots, taps } = watched(() => {
      attend(heads());
      withPast('x', head());
      attend(heads());
    });
    expect(slots).toEqual([
      '0.key of layer 0: key',
      '0.value of layer 0: value',
      'x of layer 1: state',
      '2.key of layer 2: key',
      '2.value of layer 2: value',
    ]);
    expect(Object.keys(taps)).toEqual(['scores.0', 'attention.0', 'scores.2', 'attention.2']);
    expect(taps['attention.2']?.shape).toEqual(['batch', 2, 'time', 'time']);
  });

  test('a single head is a layer of one head', () => {
    const { slots, taps } = watched(() => [attend(head()), attend(head())]);
    expect(slots).toEqual([
      '0.0.key of layer 0, head 0: key',
      '0.0.value of layer 0, head 0: value',
      '1.0.key of layer 1, head 0: key',
      '1.0.value of layer 1, head 0: value',
    ]);
    expect(taps['attention.1']?.shape).toEqual(['batch', 1, 'time', 'time']);
  });

  test('heads side by side are one layer, and shown together', () => {
    const order: number[] = [];
    const { slots, taps } = watched(() => {
      attend(heads());
      sideBySide(3, (index) => {
        order.push(index);
        return attend(head());
      });
      attend(heads());
    });
    expect(order).toEqual([0, 1, 2]);
    expect(slots.filter((slot) => slot.endsWith('key'))).toEqual([
      '0.key of layer 0: key',
      '1.0.key of layer 1, head 0: key',
      '1.1.key of layer 1, head 1: key',
      '1.2.key of layer 1, head 2: key',
      '2.key of layer 2: key',
    ]);
    expect(Object.keys(taps)).toEqual([
      'scores.0',
      'attention.0',
      'scores.1',
      'attention.1',
      'scores.2',
      'attention.2',
    ]);
    expect(taps['scores.1']?.shape).toEqual(['batch', 3, 'time', 'time']);
  });

  test('what is kept has the name of the scope that it is in', () => {
    const { slots } = watched(() => scoped('layers.3', () => withPast('seen', head())));
    expect(slots).toEqual(['layers.3.seen of layer 0: state']);
  });

  test('anew in each model, and a model inside of another counts its own', () => {
    const inner = (): Seen => watched(() => attend(heads()));
    const outer = watched(() => {
      attend(heads());
      expect(inner().slots).toEqual(['0.key of layer 0: key', '0.value of layer 0: value']);
      attend(heads());
    });
    expect(outer.slots.filter((slot) => slot.endsWith('key'))).toEqual([
      '0.key of layer 0: key',
      '1.key of layer 1: key',
    ]);
  });
});

describe('heads side by side', () => {
  test('give what each of them makes', () => {
    let made: readonly string[] = [];
    watched(() => {
      made = sideBySide(2, (index) => `head ${index}`);
    });
    expect(made).toEqual(['head 0', 'head 1']);
  });

  test('have none side by side inside', () => {
    expect(() => watched(() => sideBySide(2, () => sideBySide(2, () => attend(head()))))).toThrow(
      'heads side by side have no heads side by side inside',
    );
  });

  test('show nothing where a program has another form of attention, which has all heads at once', () => {
    const shapes: unknown[] = [];
    const { taps, slots } = watched(() => sideBySide(2, () => attend(head())), {
      attention: ({ query, keySlot }) => {
        shapes.push([query.shape, keySlot.name]);
        return query;
      },
    });
    expect(shapes).toEqual([
      [['batch', 1, 'time', 4], '0.0.key'],
      [['batch', 1, 'time', 4], '0.1.key'],
    ]);
    expect([taps, slots]).toEqual([{}, []]);
  });
});

describe('outside of a model', () => {
  const asks: Readonly<Record<string, () => unknown>> = {
    dropout: () => dropout(head(), 0.1),
    positions: () => positions(constant([1, 2], 'float32', [1, 2])),
    sideBySide: () => sideBySide(1, () => head()),
  };

  test.each(Object.keys(asks))('%s says so, before, after, and after a definition that failed', (name) => {
    const ask = asks[name] ?? (() => {});
    const sentence = 'this layer works only inside the logits of a model (defineModel)';
    expect(ask).toThrow(sentence);
    watched(ask);
    expect(ask).toThrow(sentence);
    const failing = (): never => {
      throw new Error('a mistake in a definition');
    };
    expect(() => watched(failing)).toThrow('a mistake in a definition');
    expect(ask).toThrow(sentence);
  });
});

describe('the plain program', () => {
  test('changes nothing: what is cached or dropped is what it was', () => {
    const x = head();
    expect(plainProgram.cached({ name: 'x', layer: 0, part: 'state' }, x, 1)).toBe(x);
    expect(plainProgram.dropout(x, 0.9)).toBe(x);
    expect(plainProgram.tap('attention.0', x)).toBeUndefined();
    expect(plainProgram.attention).toBeUndefined();
  });
});

describe('tokens that stand in the block from a place on', () => {
  const table = constant([0, 1, 2, 3, 4, 5, 6, 7], 'float32', [8, 1]);
  const triangle = constant(
    Array.from({ length: 64 }, (_, index) => Number(index % 8 <= Math.floor(index / 8))),
    'float32',
    [8, 8],
  );

  test('have the rows of a table from there on, and see what came before', async () => {
    const read = input('read', 'float32', ['batch', 'past', 1]);
    const keys = input('keys', 'float32', ['batch', 'seen', 1]);
    const [fromStart, later] = [placedFrom(0), placedFrom(dimensionOf(read, 1))];
    const results = await runGraph(
      {
        inputs: { tokens, read, keys },
        outputs: {
          first: fromStart.positions(table, tokens),
          next: later.positions(table, tokens),
          visible: later.visible(triangle, tokens, keys, 1),
        },
      },
      {
        tokens: tensor('int32', [1, 2], [0, 0]),
        read: tensor('float32', [1, 3, 1], new Float32Array(3)),
        keys: tensor('float32', [1, 5, 1], new Float32Array(5)),
      },
    );
    expect(numbersOf(results.first)).toEqual([0, 1]);
    expect(numbersOf(results.next)).toEqual([3, 4]);
    expect(results.visible?.shape).toEqual([2, 5]);
    expect(numbersOf(results.visible)).toEqual([1, 1, 1, 1, 0, 1, 1, 1, 1, 1]);
  });
});
