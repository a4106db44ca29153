import { describe, expect, test } from 'vitest';
import { EngineSession } from '../../src/runtime/engine-session.ts';
import { RuntimeError, type RuntimeErrorKind } from '../../src/runtime/runtime-error.ts';
import type { ProgramDescription, ValueDescription } from '../../src/runtime/session.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { type FakeEngine, fakeEngine } from '../support/fake-engine.ts';

const inputs: ValueDescription[] = [{ name: 'count', type: 'float32', shape: [1] }];
const outputs: ValueDescription[] = [{ name: 'next.count', type: 'float32', shape: [1] }];
const program: ProgramDescription = {
  state: [{ input: 'count', output: 'next.count' }],
  inputs,
  outputs,
  metadata: {},
  opset: 18,
};

/** Counts up by one a step; the third step fails. */
async function failingSession(error: Error): Promise<{ engine: FakeEngine; session: EngineSession<unknown> }> {
  let steps = 0;
  const engine = fakeEngine({
    inputs,
    outputs,
    run({ count }) {
      steps += 1;
      if (steps === 3) throw error;
      return { 'next.count': tensor('float32', [1], [Number(count?.data[0]) + 1]) };
    },
  });
  const session = new EngineSession(engine, program);
  await session.setState({ count: tensor('float32', [1], [0]) });
  await session.step({});
  await session.step({});
  return { engine, session };
}

describe.each<RuntimeErrorKind>(['device-lost', 'out-of-memory', 'shader'])('after a failure of kind %s', (kind) => {
  test('the session is disposed with all it held, and every call tells the failure', async () => {
    const failure = new RuntimeError(kind, 'It broke.');
    const { engine, session } = await failingSession(failure);
    const waiting = session.getState().catch((thrown: unknown) => thrown);
    await expect(session.step({})).rejects.toBe(failure);
    expect(await waiting).toEqual({ count: tensor('float32', [1], [2]) });
    expect(engine.disposed).toBe(true);
    expect(engine.held()).toBe(0);
    await expect(session.step({})).rejects.toBe(failure);
    await expect(session.getState()).rejects.toBe(failure);
    await session.dispose();
  });
});

test('calls that waited behind the failure are rejected with it too', async () => {
  const failure = new RuntimeError('device-lost', 'It broke.');
  const { session } = await failingSession(failure);
  const results = await Promise.allSettled([session.step({}), session.step({}), session.getState()]);
  expect(results).toEqual(Array.from({ length: 3 }, () => ({ status: 'rejected', reason: failure })));
});

test('a failed run leaves the session as it was', async () => {
  const { engine, session } = await failingSession(new RuntimeError('run', 'An index was out of bounds.'));
  await expect(session.step({})).rejects.toMatchObject({ kind: 'run' });
  expect(engine.disposed).toBe(false);
  await session.step({});
  expect(await session.getState()).toEqual({ count: tensor('float32', [1], [3]) });
});

test('a session that can not be freed after a failure still tells the failure', async () => {
  const failure = new RuntimeError('device-lost', 'It broke.');
  const { engine, session } = await failingSession(failure);
  engine.dispose = () => Promise.reject(new Error('nothing left to free'));
  await expect(session.step({})).rejects.toBe(failure);
  await session.dispose();
});

test('notices are handed on', () => {
  const engine = fakeEngine({ inputs, outputs, run: () => ({}) });
  expect(new EngineSession(engine, program).notices).toEqual([]);
  expect(new EngineSession(engine, program, { notices: ['One thread only.'] }).notices).toEqual(['One thread only.']);
});
