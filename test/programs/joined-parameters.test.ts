import { describe, expect, test } from 'vitest';
import { input, type NamedValue, type Value } from '../../src/graph/index.ts';
import { joined, joinParameters, parted } from '../../src/programs/joined-parameters.ts';
import { evaluate } from '../support/interpreter.ts';
import { tensorOf } from '../support/interpreter-tensor.ts';

const named = (name: string, ...shape: number[]): NamedValue => ({ name, value: input(name, 'float32', shape) });
const matrices = {
  joinable: true,
  slots: ['mean', 'square'],
  decays: ({ rank }: Value): boolean => rank >= 2,
};
const groupsOf = (...parameters: NamedValue[]): string[][] =>
  joinParameters(parameters, matrices).map(({ members }) => members.map(({ name }) => name));

describe('which parameters are trained as one tensor', () => {
  test('those that decay with each other, those that do not with each other, in their order', () => {
    expect(groupsOf(named('w', 4, 4), named('a', 4), named('v', 4, 8), named('b', 4))).toEqual([
      ['w', 'v'],
      ['a', 'b'],
    ]);
  });

  test('up to 131,072 elements together; a large one stays on its own and ends no group', () => {
    expect(groupsOf(named('a', 256, 256), named('large', 512, 512), named('b', 256, 256), named('c', 2, 2))).toEqual([
      ['a', 'b'],
      ['large'],
      ['c'],
    ]);
  });

  test('seven at most, so that a WebGPU shader has buffers enough to part them', () => {
    const vectors = Array.from({ length: 16 }, (_, index) => named(`v${index}`, 3));
    expect(groupsOf(...vectors).map(({ length }) => length)).toEqual([7, 7, 2]);
  });

  test('one alone is the model’s own parameter, and its slots have its shape', () => {
    const only = named('w', 3, 5);
    const [group] = joinParameters([only], matrices);
    expect(group?.parameter.formal).toBe(only.value);
    expect(group?.slots).toMatchObject([
      { slot: 'mean', names: ['w.mean'], formal: { shape: [3, 5] } },
      { slot: 'square', names: ['w.square'], formal: { shape: [3, 5] } },
    ]);
    expect(group?.decays).toBe(true);
  });
});

test('what is joined is parted into the same tensors', () => {
  const members = [named('a', 2, 3), named('b', 1, 4), named('c', 2, 2)];
  const [group] = joinParameters(members, matrices);
  if (group === undefined) throw new Error('no group');
  const whole = joined(group, ({ value }) => value);
  expect(whole.shape).toEqual([14]);
  const feeds = new Map(
    members.map(({ value }, index) => {
      const shape = value.shape.map(Number);
      const size = shape.reduce((a, b) => a * b, 1);
      return [
        value,
        tensorOf(
          shape,
          Array.from({ length: size }, (_, place) => 10 * index + place),
        ),
      ] as const;
    }),
  );
  const parts = parted(group, whole);
  expect(parts.map(({ shape }) => shape)).toEqual(members.map(({ value }) => value.shape));
  expect(evaluate(parts, feeds)).toEqual(members.map(({ value }) => feeds.get(value)));
});
