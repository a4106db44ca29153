import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { EngineSession } from '../../src/runtime/engine-session.ts';
import type { ValueDescription } from '../../src/runtime/session.ts';
import { type Tensors, tensor, zeroTensor } from '../../src/runtime/tensor.ts';
import { fakeEngine } from '../support/fake-engine.ts';

const tokens: ValueDescription = { name: 'tokens', type: 'int32', shape: ['batch', 'time'] };

/** A session with one state input beside `tokens`, and what its runs were fed. */
function sessionWith(state: ValueDescription): { session: EngineSession<unknown>; fed: Tensors[] } {
  const fed: Tensors[] = [];
  const outputs = [{ ...state, name: `next.${state.name}` }];
  const engine = fakeEngine({
    inputs: [tokens, state],
    outputs,
    run(feeds) {
      fed.push(feeds);
      const value = feeds[state.name];
      return value === undefined ? {} : { [`next.${state.name}`]: value };
    },
  });
  const pair = { input: state.name, output: `next.${state.name}` };
  const program = { state: [pair], inputs: [tokens, state], outputs, metadata: {}, opset: 18 };
  return { session: new EngineSession(engine, program), fed };
}

const batchOf3 = { tokens: zeroTensor('int32', [3, 5]) };

describe('a state input that was never set', () => {
  test.each<[string, ValueDescription, number[]]>([
    ['empty, where it grows', { name: 'past', type: 'float32', shape: ['batch', 2, 'past', 4] }, [3, 2, 0, 4]],
    [
      'as zeros, where it is a cache of a fixed size',
      { name: 'cache.0.key', type: 'float32', shape: ['batch', 2, 8, 4] },
      [3, 2, 8, 4],
    ],
    ['as zeros, where it is the length of one', { name: 'cache.length', type: 'int32', shape: ['batch'] }, [3]],
    ['as zeros, where the file is for one batch', { name: 'cache.length', type: 'int32', shape: [3] }, [3]],
  ])('starts %s', async (_, state, shape) => {
    const { session, fed } = sessionWith(state);
    await session.step(batchOf3);
    expect(fed[0]?.[state.name]).toEqual(zeroTensor(state.type, shape));
  });

  test.each<[string, ValueDescription]>([
    ['a parameter', { name: 'weight', type: 'float32', shape: [2, 2] }],
    ['a moment of each row', { name: 'moment', type: 'float32', shape: ['batch', 2] }],
    ['what is merely called like a cache', { name: 'cached', type: 'float32', shape: ['batch', 2] }],
  ])('is asked for, where it is %s', async (_, state) => {
    const { session, fed } = sessionWith(state);
    await expect(session.step(batchOf3)).rejects.toThrow(UserError);
    await expect(session.step(batchOf3)).rejects.toThrow(`State "${state.name}" has no value yet: call setState()`);
    expect(fed).toEqual([]);
  });
});

test('zeros are of another batch after the state was reset', async () => {
  const { session, fed } = sessionWith({ name: 'cache.length', type: 'int32', shape: ['batch'] });
  await session.setState({ 'cache.length': tensor('int32', [3], [4, 5, 6]) });
  await session.step(batchOf3);
  await session.resetState();
  await session.step({ tokens: zeroTensor('int32', [2, 1]) });
  expect(fed.map((feeds) => feeds['cache.length'])).toEqual([
    tensor('int32', [3], [4, 5, 6]),
    zeroTensor('int32', [2]),
  ]);
});

test('a batch other than that of the state is refused', async () => {
  const { session } = sessionWith({ name: 'cache.length', type: 'int32', shape: ['batch'] });
  await session.step(batchOf3);
  await expect(session.step({ tokens: zeroTensor('int32', [2, 1]) })).rejects.toThrow('has batch = 3');
});
