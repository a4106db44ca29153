import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { describeSettings } from '../../src/settings/describe.ts';
import { flagOf, keyOf, labelOf, suggestion } from '../../src/settings/names.ts';
import { parseSettings } from '../../src/settings/parse.ts';
import { choice, decimalNumber, toggle, wholeNumber, withDefaults } from '../../src/settings/setting.ts';

const entries = {
  layers: wholeNumber({ default: 4, description: 'layers', key: 'n_layer' }),
  dropout: decimalNumber({
    default: 0.1,
    min: 0,
    below: 1,
    description: 'share of activations set to 0',
    argument: 'share',
  }),
  activation: choice(['gelu', 'relu'], { default: 'gelu', description: 'the activation' }),
  bias: toggle({ default: true, description: 'biases', off: 'no biases' }),
};

describe('a setting', () => {
  it('has its default where it is left out, and the value that is given where not', () => {
    expect(parseSettings(entries, { layers: 2, bias: false }, 'gpt')).toEqual({
      layers: 2,
      dropout: 0.1,
      activation: 'gelu',
      bias: false,
    });
  });

  it.each([
    [{ layers: 0 }, 'gpt: layers must be a whole number from 1, not 0.'],
    [{ layers: 1.5 }, 'gpt: layers must be a whole number from 1, not 1.5.'],
    [{ dropout: 1 }, 'gpt: dropout must be a number from 0 and below 1, not 1.'],
    [{ dropout: Number.POSITIVE_INFINITY }, 'gpt: dropout must be a number from 0 and below 1, not Infinity.'],
    [{ activation: 'silu' }, 'gpt: activation must be one of gelu, relu, not "silu".'],
    [{ bias: 'yes' }, 'gpt: bias must be true or false, not "yes".'],
    [{ layer: 3 }, 'gpt has no setting "layer". Did you mean "layers"?'],
    [{ width: 3 }, 'gpt has no setting "width". Choose from layers, dropout, activation, bias.'],
  ])('that cannot be %j is refused in one sentence', (given, message) => {
    expect(() => parseSettings(entries, given, 'gpt')).toThrow(message);
  });

  it('describes itself for options, files and forms', () => {
    const [layers, dropout, activation, bias] = describeSettings(entries);
    expect(layers).toMatchObject({
      kind: 'number',
      whole: true,
      min: 1,
      default: 4,
      key: 'n_layer',
      argument: 'number',
    });
    expect(layers).not.toHaveProperty('max');
    expect(dropout).toMatchObject({ kind: 'number', whole: false, min: 0, below: 1, argument: 'share' });
    expect(activation).toMatchObject({ kind: 'choice', choices: ['gelu', 'relu'], allowed: 'one of gelu, relu' });
    expect(bias).toMatchObject({ kind: 'switch', off: 'no biases', default: true });
  });

  it("may be written with valibot's own functions", () => {
    const own = { size: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.description('a size')), 8) };
    expect(describeSettings(own)).toMatchObject([
      { name: 'size', kind: 'number', whole: true, min: 2, default: 8, description: 'a size' },
    ]);
    expect(() => describeSettings({ sizes: v.array(v.number()) as never })).toThrow(/sizes is none of/);
  });

  it('takes another default and keeps the rest', () => {
    const [layers] = describeSettings(withDefaults(entries, { layers: 6 }));
    expect(layers).toMatchObject({ default: 6, min: 1, key: 'n_layer' });
    expect(describeSettings(withDefaults(entries, { bias: false }))[3]).toMatchObject({
      default: false,
      off: 'no biases',
    });
  });
});

it('has one name, spelled as options, files and forms spell names', () => {
  expect([flagOf('learningRate'), keyOf('learningRate'), labelOf('learningRate')]).toEqual([
    '--learning-rate',
    'learning_rate',
    'learning rate',
  ]);
  expect(suggestion('haeds', ['heads', 'layers'])).toBe(' Did you mean "heads"?');
});
