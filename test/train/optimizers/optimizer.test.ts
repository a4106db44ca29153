import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { add, input, mul, sub, type Value } from '../../../src/graph/index.ts';
import { decimalNumber } from '../../../src/settings/setting.ts';
import { adamw } from '../../../src/train/optimizers/adamw.ts';
import { optimizerNamed, optimizers } from '../../../src/train/optimizers/index.ts';
import { lion } from '../../../src/train/optimizers/lion.ts';
import { defineOptimizer, type OptimizerSetup, type Updated } from '../../../src/train/optimizers/optimizer.ts';
import { sgd } from '../../../src/train/optimizers/sgd.ts';
import { optimizerStep } from '../../../src/train/optimizers/step.ts';

const leaf = (name: string, shape: readonly number[] = [2, 3]): Value => input(name, 'float32', shape);
const plain = { description: 'a step down', settings: {}, slots: {}, joinable: true };
let count = 0;

/** A name that no other test uses. */
const another = (): string => `test-${++count}`;

/** One step of a setup over a matrix, with the slots that its optimizer declares. */
function step(setup: OptimizerSetup): readonly { readonly slots: Readonly<Record<string, Value>> }[] {
  const names = Object.keys(optimizerNamed(setup.name).slots(setup));
  const slots = Object.fromEntries(names.map((name) => [name, leaf(name)]));
  const trained = { parameter: leaf('w'), gradient: leaf('g'), slots, decays: false };
  return optimizerStep([trained], { learningRate: leaf('lr', []), stepsMade: leaf('t', []) }, setup).updated;
}

/** An optimizer whose update does what is given. */
const updating = (
  update: (trained: { parameter: Value; gradient: Value; slots: Readonly<Record<string, Value>> }) => Updated,
  slots: Readonly<Record<string, number>> = { mean: 0 },
) => defineOptimizer({ ...plain, name: another(), slots, update: () => update });

function refusal(what: () => unknown): string {
  try {
    what();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('an optimizer', () => {
  it('is a setup with its defaults, those of all optimizers, and what is given', () => {
    expect(sgd.with({ momentum: 0.5, clip: 0 })).toEqual({
      name: 'sgd',
      momentum: 0.5,
      nesterov: false,
      weightDecay: 0,
      decayed: 'matrices',
      clip: 0,
    });
  });

  it.each([
    [adamw.with(), { exp_avg: 0, exp_avg_sq: 0 }],
    [sgd.with(), { momentum_buffer: 0 }],
    [sgd.with({ momentum: 0 }), {}],
    [lion.with(), { exp_avg: 0 }],
  ])('says what it keeps of each parameter: $0.name', (setup, slots) => {
    expect(optimizerNamed(setup.name).slots(setup)).toEqual(slots);
  });

  it('is found by its name once it is defined, after the built-in ones', () => {
    const mine = defineOptimizer({
      ...plain,
      name: 'heavy-ball',
      settings: { weight: decimalNumber({ default: 0.5, min: 0, description: 'of the ball' }) },
      slots: { velocity: 0.25 },
      update:
        ({ learningRate }, { weight }) =>
        ({ parameter, gradient, slots: { velocity } }) => {
          const next = add(mul(velocity, weight), gradient);
          return { parameter: sub(parameter, mul(next, learningRate)), slots: { velocity: next } };
        },
    });
    expect(optimizerNamed('heavy-ball')).toBe(mine);
    expect(optimizers().map(({ name }) => name)).toEqual([
      'adamw',
      'sgd',
      'lion',
      ...optimizers()
        .map(({ name }) => name)
        .slice(3),
    ]);
    expect(mine.slots(mine.with())).toEqual({ velocity: 0.25 });
    expect(Object.keys(step(mine.with({ weight: 0.75 }))[0]?.slots ?? {})).toEqual(['velocity']);
  });
});

describe('what can’t be an optimizer is refused in a sentence:', () => {
  it('one that is defined twice', () => {
    const definition = {
      ...plain,
      update:
        () =>
        ({ parameter }: { parameter: Value }) => ({ parameter, slots: {} }),
    };
    expect(refusal(() => defineOptimizer({ ...definition, name: 'adamw' }))).toBe(
      'There is an optimizer adamw already: define it once, or under another name.',
    );
    const name = another();
    defineOptimizer({ ...definition, name });
    expect(refusal(() => defineOptimizer({ ...definition, name }))).toContain(`There is an optimizer ${name} already`);
  });

  it('a name that no option could have', () => {
    const update = () => () => ({ parameter: leaf('w'), slots: {} });
    expect(refusal(() => defineOptimizer({ ...plain, name: 'My Own', update }))).toBe(
      'An optimizer\'s name has lower case letters, digits and hyphens, unlike "My Own": give it another.',
    );
  });

  it('a setting that all optimizers have', () => {
    const settings = { clip: decimalNumber({ default: 1, description: 'its own' }) };
    const update = () => () => ({ parameter: leaf('w'), slots: {} });
    expect(refusal(() => defineOptimizer({ ...plain, name: 'clipper', settings, update }))).toBe(
      "The optimizer clipper can't call a setting clip, which every optimizer has: give it another name.",
    );
  });

  it('a slot whose name has a dot', () => {
    const dotted = updating(({ parameter }) => ({ parameter, slots: {} }), { 'a.b': 0 });
    expect(refusal(() => step(dotted.with()))).toContain('letters, digits and underscores, unlike "a.b"');
  });

  it('an update that reads a slot that was not declared', () => {
    const reader = updating(({ parameter, slots }) => ({ parameter: add(parameter, slots.square ?? 0), slots }));
    expect(refusal(() => step(reader.with()))).toBe(
      `The optimizer ${reader.name} reads a slot square that it does not declare (there is mean): add it to its slots.`,
    );
    const none = updating(({ parameter, slots }) => ({ parameter: add(parameter, slots.square ?? 0), slots }), {});
    expect(refusal(() => step(none.with()))).toContain('reads a slot square that it does not declare (there are none)');
  });

  it('an update that writes a slot that was not declared, or leaves one out', () => {
    const writer = updating(({ parameter, gradient, slots }) => ({ parameter, slots: { ...slots, last: gradient } }));
    expect(refusal(() => step(writer.with()))).toContain('writes a slot last that it does not declare (there is mean)');
    const forgetful = updating(({ parameter }) => ({ parameter, slots: {} }));
    expect(refusal(() => step(forgetful.with()))).toBe(
      `The optimizer ${forgetful.name} does not return its slot mean: return what it is next.`,
    );
  });

  it('an update that makes another shape of a parameter', () => {
    const wide = updating(({ slots }) => ({ parameter: leaf('other', [2, 4]), slots }));
    expect(refusal(() => step(wide.with()))).toBe(
      `The optimizer ${wide.name} makes of a parameter of float32 (2, 3) a value of float32 (2, 4): it must stay as it is.`,
    );
  });

  it('an optimizer that there is not', () => {
    expect(refusal(() => optimizerNamed('adam'))).toBe(
      'There is no optimizer "adam". Did you mean "adamw"? One of your own is known once its module is loaded.',
    );
    expect(refusal(() => step({ name: 'rmsprop', decayed: 'all', clip: 0 }))).toContain('Choose from adamw, sgd, lion');
  });

  it('a setting that the optimizer has not, and a value that it does not allow', () => {
    const given: Readonly<Record<string, number>> = { beta1: 0.5 };
    expect(refusal(() => sgd.with(given))).toContain('sgd has no setting "beta1"');
    expect(refusal(() => sgd.with({ momentum: 1 }))).toBe('sgd: momentum must be a number from 0 and below 1, not 1.');
  });
});
