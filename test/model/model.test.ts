import { describe, expect, test } from 'vitest';
import { gpt } from '../../models/index.ts';
import { UserError } from '../../src/errors.ts';
import { cast, concat, gather, slice, type Value } from '../../src/graph/index.ts';
import { defineModel, embedding, type ModelDefinition } from '../../src/model/index.ts';
import { forwardProgram } from '../../src/programs/index.ts';
import { choice, wholeNumber } from '../../src/settings/setting.ts';
import { ownModel } from '../support/own-model.ts';

/** A table: the logits of each token's successor. */
const table = (tokens: Value, vocabulary: number): Value => gather(embedding('table', vocabulary, vocabulary), tokens); // (B, T, V)

function modelWith(changes: Partial<ModelDefinition> = {}): ReturnType<typeof defineModel> {
  return defineModel({
    name: 'mine',
    settings: {},
    logits: (tokens, { vocabulary }) => table(tokens, vocabulary),
    ...changes,
  });
}

describe('a definition', () => {
  test.each(['', 'my model', 'models/mine', 'mine\n', 'modèle'])('can’t be called %j', (name) => {
    expect(() => modelWith({ name })).toThrow(UserError);
    expect(() => modelWith({ name })).toThrow(
      `A model can't be called ${JSON.stringify(name)}: use letters, digits, dots, dashes and underscores.`,
    );
  });

  test.each(['vocabulary', 'model', 'data'])('can’t have a setting called %s', (reserved) => {
    const settings = { [reserved]: wholeNumber({ default: 1, description: 'a number' }) };
    expect(() => modelWith({ settings })).toThrow(UserError);
    expect(() => modelWith({ settings })).toThrow(
      `mine: a setting can't be called ${reserved}, which means something else already.`,
    );
  });

  test('that says no more has a block of 64, hints for its training, and no Hugging Face type', () => {
    const model = modelWith();
    expect(Object.keys(model.settings)).toEqual(['block']);
    expect(model).toMatchObject({ name: 'mine', description: '', huggingFace: undefined });
    expect(model.training).toEqual({ steps: 2000, batch: 12, learningRate: 1e-3, schedule: 'cosine' });
    const configured = model.configure({ vocabulary: 5 });
    expect(configured).toMatchObject({ name: 'mine', vocabulary: 5, block: 64, settings: { block: 64 } });
    expect(configured.definition).toBe(model);
    expect(configured.initialization).toEqual({});
  });

  test('gets its settings with their defaults, and the vocabulary', () => {
    const seen: unknown[] = [];
    const model = defineModel({
      name: 'mine',
      settings: {
        block: wholeNumber({ default: 4, description: 'tokens' }),
        kind: choice(['a', 'b'], { default: 'b', description: 'kind' }),
      },
      training: { steps: 7 },
      check: (settings) => void seen.push(settings),
      initialization: (settings) => {
        seen.push(settings);
        return {};
      },
      logits: (tokens, settings) => {
        seen.push(settings);
        return table(tokens, settings.vocabulary);
      },
    });
    expect(model.training).toMatchObject({ steps: 7, batch: 12 });
    const configured = model.configure({ vocabulary: 3, kind: 'a' });
    forwardProgram(configured);
    expect(configured.initialization).toEqual({});
    expect(seen).toEqual(Array(3).fill({ vocabulary: 3, block: 4, kind: 'a' }));
  });
});

describe('settings', () => {
  test.each<[given: object, message: string]>([
    [{ layer: 3 }, 'rms-gpt has no setting "layer". Did you mean "layers"?'],
    [
      { temperature: 1 },
      'rms-gpt has no setting "temperature". Choose from block, size, layers, heads, dropout, activation, recalls.',
    ],
    [{ layers: 0 }, 'rms-gpt: layers must be a whole number from 1, not 0.'],
    [{ activation: 'gelu' }, 'rms-gpt: activation must be one of silu, relu, not "gelu".'],
    [{ recalls: 1 }, 'rms-gpt: recalls must be true or false, not 1.'],
    [{ heads: 3 }, "A size of 16 can't be shared out among 3 heads."],
    [{ vocabulary: 0 }, 'rms-gpt: vocabulary must be a whole number from 1, not 0.'],
    [{ vocabulary: undefined }, 'rms-gpt: vocabulary must be a whole number from 1, not undefined.'],
  ])('%j are refused in one sentence, whether given at first or changed afterwards', (given, message) => {
    const refusal = new UserError(message, { exitCode: 2 });
    expect(() => ownModel.configure({ vocabulary: 5, ...given })).toThrow(refusal);
    expect(() => ownModel.configure({ vocabulary: 5 }).with(given)).toThrow(refusal);
  });

  test('that are undefined have their default', () => {
    expect(ownModel.configure({ vocabulary: 5, layers: undefined as never }).settings.layers).toBe(2);
  });

  test('are changed one by one: the others stay as they were chosen', () => {
    const model = ownModel.configure({ vocabulary: 5, layers: 3, dropout: 0.1 });
    const changed = model.with({ dropout: 0.2, vocabulary: 6 });
    expect(changed).toEqual(ownModel.configure({ vocabulary: 6, layers: 3, dropout: 0.2 }));
    expect(model).toEqual(ownModel.configure({ vocabulary: 5, layers: 3, dropout: 0.1 }));
  });

  test('make models equal, and nothing else does', () => {
    const sizes = { vocabulary: 5, block: 8, layers: 2, heads: 2, dropout: 0 };
    expect(gpt.configure(sizes)).toEqual(gpt.configure(sizes));
    expect(gpt.configure(sizes)).not.toEqual(gpt.configure({ ...sizes, tied: false }));
    expect(gpt.configure(sizes)).not.toEqual(gpt.configure({ ...sizes, vocabulary: 6 }));
    expect(modelWith().configure({ vocabulary: 5 })).not.toEqual(modelWith().configure({ vocabulary: 5 })); // two definitions
  });
});

describe('logits', () => {
  const wanted =
    'mine: logits must return float32 (batch, time, 5), a score for each of the 5 tokens at each position, but it returns';

  test.each<[what: string, logits: (tokens: Value) => unknown, found: string]>([
    ['one score too many', (tokens) => table(tokens, 6), 'float32 (batch, time, 6).'],
    [
      'those of the last token alone',
      (tokens) => slice(table(tokens, 5), { axis: 1, start: -1, length: 1 }),
      'float32 (batch, 1, 5).',
    ],
    [
      'twice as many positions',
      (tokens) => concat([table(tokens, 5), table(tokens, 5)], { axis: 1 }),
      'float32 (batch, 2*time, 5).',
    ],
    ['whole numbers', (tokens) => cast(table(tokens, 5), 'int32'), 'int32 (batch, time, 5).'],
    ['the tokens', (tokens) => tokens, 'int32 (batch, time).'],
    ['nothing', () => undefined, 'undefined.'],
    ['null', () => null, 'null.'],
    ['a number', () => 5, 'number.'],
    ['a promise', async (tokens) => table(tokens, 5), 'object.'],
  ])('that are %s are refused in one sentence', (_, logits, found) => {
    const make = (): unknown => forwardProgram(modelWith({ logits: logits as never }).configure({ vocabulary: 5 }));
    expect(make).toThrow(UserError);
    expect(make).toThrow(`${wanted} ${found}`);
  });

  test('of fixed sizes are those of fixed tokens', () => {
    const { graph } = forwardProgram(modelWith().configure({ vocabulary: 5 }), { sizes: { batch: 2, time: 3 } });
    expect(graph.outputs.map(({ value }) => value.shape)).toEqual([[2, 3, 5]]);
  });
});
