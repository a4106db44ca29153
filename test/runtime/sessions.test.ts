import { afterAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { open } from '../../src/runtime/node/open.ts';
import { RuntimeError } from '../../src/runtime/runtime-error.ts';
import type { OpenOptions, Session } from '../../src/runtime/session.ts';
import { type Tensors, tensor } from '../../src/runtime/tensor.ts';
import { open as openWeb } from '../../src/runtime/web/open.ts';
import {
  affine,
  counter,
  identities,
  lookup,
  node,
  tinyDecode,
  tinyForward,
  tinyModel,
  value,
} from '../support/tiny-models.ts';

// The same promises on every way to run a model.
const ways: readonly (readonly [string, (model: Uint8Array, options?: OpenOptions) => Promise<Session>])[] = [
  ['cpu in a worker', (model, options) => open(model, { ...options })],
  ['cpu in this thread', (model, options) => open(model, { worker: false, ...options })],
  ['wasm in a worker', (model, options) => open(model, { device: 'wasm', ...options })],
  ['wasm through trilu/web', (model, options) => openWeb(model, { device: 'wasm', ...options })],
];

const x = tensor('float32', [2, 2], [1, 2, 3, 4]);
const b = tensor('float32', [3], [0, 0, 100]);
const amount = (value: number): Tensors => ({ amount: tensor('float32', [1], [value]) });

/** One tensor of each element type, and one without elements. */
const carried = {
  float32: tensor('float32', [2], [1.5, -0]),
  float64: tensor('float64', [1], [0.1]),
  float16: tensor('float16', [1], Uint16Array.of(0x3c00)),
  int32: tensor('int32', [2], [-1, 2 ** 31 - 1]),
  int64: tensor('int64', [2], [-1n, 2n ** 62n]),
  uint8: tensor('uint8', [2], [0, 255]),
  bool: tensor('bool', [2], [true, false]),
  string: tensor('string', [3], ['a', '', '🙂']),
  empty: tensor('float32', [0], []),
};

describe.each(ways)('a session on %s', (way, openThere) => {
  // Starting a worker takes longer than any of these runs: tests share the sessions of a model, as freshly opened.
  const opened = new Map<string, Promise<Session>>();
  const openModel = async (model: Uint8Array): Promise<Session> => {
    const key = Buffer.from(model).toString('base64');
    const session = opened.get(key) ?? openThere(model);
    opened.set(key, session);
    await (await session).resetState();
    return session;
  };
  afterAll(async () => {
    for (const session of opened.values()) await (await session).dispose();
  });

  test('computes y = x · w + b', async () => {
    const session = await openModel(affine());
    expect(session.device).toBe(way.startsWith('cpu') ? 'cpu' : 'wasm');
    expect(await session.run({ x, b })).toEqual({ y: tensor('float32', [2, 3], [9, 12, 115, 19, 26, 133]) });
  });

  test('leaves the feeds as they were', async () => {
    const session = await openModel(affine());
    await session.run({ x, b });
    expect(x.data).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  test('takes feeds that look at a part of a larger buffer', async () => {
    const session = await openModel(affine());
    const large = Float32Array.of(7, 7, 1, 2, 7);
    const part = tensor('float32', [1, 2], large.subarray(2, 4));
    expect((await session.run({ x: part, b })).y?.data).toEqual(Float32Array.of(9, 12, 115));
    expect(large).toEqual(Float32Array.of(7, 7, 1, 2, 7));
  });

  test('describes the program from the file', async () => {
    const { program } = await openModel(counter());
    expect(program).toMatchObject({
      program: 'counter',
      config: { start: 7 },
      vocabulary: ['a', '\n', '🙂'],
      state: [{ input: 'count', output: 'next.count' }],
      inputs: [
        { name: 'amount', type: 'float32', shape: [1] },
        { name: 'count', type: 'float32', shape: [1] },
      ],
      opset: 18,
    });
    expect(program.metadata['trilu.program']).toBe('counter');
    const foreign = (await openModel(affine())).program;
    expect(foreign).toMatchObject({ state: [], metadata: {} });
    expect(foreign.inputs[0]).toEqual({ name: 'x', type: 'float32', shape: ['batch', 2] });
    expect('config' in foreign).toBe(false);
  });

  test('carries tensors of every element type there and back, and one without elements', async () => {
    const types = Object.entries(carried).map(([name, { type }]) => [name, type] as const);
    const session = await openModel(identities(Object.fromEntries(types)));
    const made = await session.run(carried);
    for (const [name, given] of Object.entries(carried)) expect(made[`${name} again`], name).toEqual(given);
  });

  test('stepping is running with the state handed on by hand', async () => {
    const session = await openModel(counter());
    await session.setState({ count: tensor('float32', [1], [7]) });
    let count = tensor('float32', [1], [7]);
    for (const add of [1, 10, 0.5]) {
      const { 'next.count': next, ...rest } = await session.run({ ...amount(add), count });
      expect(await session.step(amount(add))).toEqual(rest);
      if (next?.type !== 'float32') throw new Error('no next count');
      count = next;
    }
    expect(await session.getState()).toEqual({ count: tensor('float32', [1], [18.5]) });
  });

  test('the state is a copy on its way in and out, and a run leaves it alone', async () => {
    const session = await openModel(counter());
    const count = tensor('float32', [1], [7]);
    await session.setState({ count });
    count.data[0] = 1000;
    const state = await session.getState();
    expect(state).toEqual({ count: tensor('float32', [1], [7]) });
    if (state.count?.type === 'float32') state.count.data[0] = 1000;
    await session.run({ ...amount(1), count: tensor('float32', [1], [50]) });
    expect(await session.getState()).toEqual({ count: tensor('float32', [1], [7]) });
    expect(await session.step(amount(1))).toEqual({ doubled: tensor('float32', [1], [16]) });
  });

  test('a failed step leaves the state as it was', async () => {
    const session = await openModel(counter());
    await session.setState({ count: tensor('float32', [1], [7]) });
    await expect(session.step({})).rejects.toThrow('Input "amount" (float32 [1]) is missing');
    await expect(session.setState({ count: tensor('int32', [1], [0]) })).rejects.toThrow(UserError);
    expect(await session.step(amount(0))).toEqual({ doubled: tensor('float32', [1], [14]) });
  });

  test('a cache starts empty, with the batch of the feeds, and starts over when reset', async () => {
    const forward = await openModel(tinyForward());
    const decode = await openModel(tinyDecode());
    const all = tensor('int32', [2, 3], [1, 2, 3, 4, 5, 6]);
    const { logits: whole } = await forward.run({ tokens: all });
    if (whole?.type !== 'float32') throw new Error('no logits');
    for (let round = 0; round < 2; round += 1) {
      await decode.step({ tokens: tensor('int32', [2, 2], [1, 2, 4, 5]) });
      expect((await decode.getState()).cache).toEqual(tensor('float32', [2, 2], [2, 3, 5, 6]));
      const { logits: last } = await decode.step({ tokens: tensor('int32', [2, 1], [3, 6]) });
      expect(last?.shape).toEqual([2, 1, 11]);
      expect(last?.data).toEqual(Float32Array.of(...whole.data.subarray(22, 33), ...whole.data.subarray(55, 66)));
      await decode.resetState();
    }
    expect(await decode.getState()).toEqual({});
  });

  test('a program without state steps as it runs', async () => {
    const session = await openModel(affine());
    expect(await session.step({ x, b })).toEqual(await session.run({ x, b }));
  });

  test('overlapping calls are carried out in the order they were made', async () => {
    const session = await openModel(counter());
    const results = await Promise.all([
      session.setState({ count: tensor('float32', [1], [0]) }),
      session.step(amount(1)),
      session.step(amount(2)),
      session.getState(),
      session.step(amount(3)),
    ]);
    expect(results[1].doubled?.data).toEqual(Float32Array.of(2));
    expect(results[2].doubled?.data).toEqual(Float32Array.of(6));
    expect(results[3].count?.data).toEqual(Float32Array.of(3));
    expect(results[4].doubled?.data).toEqual(Float32Array.of(12));
  });

  test.each<[string, Tensors, string]>([
    ['a missing input', { x }, 'Input "b" (float32 [3]) is missing: "x" was given.'],
    ['no input at all', {}, 'Input "x" (float32 [batch, 2]) is missing: none were given.'],
    ['an unknown input', { x, b, c: b }, 'The program has no input "c": its inputs are "x", "b".'],
    [
      'another type',
      { x: tensor('int32', [1, 2], [1, 2]), b },
      'Input "x" must be float32 [batch, 2], but int32 [1, 2] was given.',
    ],
    [
      'another rank',
      { x: tensor('float32', [2], [1, 2]), b },
      'Input "x" must be float32 [batch, 2], but float32 [2] was given.',
    ],
    [
      'another fixed size',
      { x: tensor('float32', [1, 3], [1, 2, 3]), b },
      'Input "x" must be float32 [batch, 2], but float32 [1, 3] was given: dimension 1 is 3.',
    ],
  ])('%s is told in a sentence', async (_, feeds, message) => {
    const session = await openModel(affine());
    const error = await session.run(feeds).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toHaveProperty('message', message);
  });

  test('two sizes for one symbol are told with both inputs', async () => {
    const session = await openModel(
      tinyModel({
        inputs: [value('tokens', 'float32', ['batch', 'time']), value('targets', 'float32', ['batch', 'time'])],
        outputs: [value('sum', 'float32', ['batch', 'time'])],
        nodes: [node('Add', ['tokens', 'targets'], ['sum'])],
      }),
    );
    const run = session.run({ tokens: tensor('float32', [1, 2], [1, 2]), targets: tensor('float32', [1, 1], [1]) });
    await expect(run).rejects.toThrow(
      'Input "targets" has time = 1 (dimension 1 of float32 [1, 1]), but input "tokens" has time = 2.',
    );
  });

  test('a batch that changes between steps is told', async () => {
    const session = await openModel(tinyDecode());
    await session.step({ tokens: tensor('int32', [2, 1], [1, 2]) });
    await expect(session.step({ tokens: tensor('int32', [1, 1], [1]) })).rejects.toThrow(
      'Input "cache" has batch = 2 (dimension 0 of float32 [2, 1]), but input "tokens" has batch = 1.',
    );
  });

  test('mistakes with the state are told', async () => {
    const session = await openModel(counter());
    await expect(session.step(amount(1))).rejects.toThrow(
      'State "count" has no value yet: call setState() before the first step.',
    );
    await expect(session.step({ ...amount(1), count: tensor('float32', [1], [0]) })).rejects.toThrow(
      'Input "count" is state, which a step carries by itself: give it to setState() instead.',
    );
    await expect(session.setState({ total: tensor('float32', [1], [0]) })).rejects.toThrow(
      'The program has no state "total": its state inputs are "count".',
    );
    await expect(session.setState({ count: tensor('float32', [2], [0, 0]) })).rejects.toThrow(
      'Input "count" must be float32 [1], but float32 [2] was given: dimension 0 is 2.',
    );
  });

  test("ONNX Runtime's own errors come with their kind", async () => {
    const session = await openModel(lookup());
    const error = await session.run({ index: tensor('int64', [1], [9]) }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject({ kind: 'run', message: expect.stringContaining('out of data bounds') });
    expect(await session.run({ index: tensor('int64', [1], [3]) })).toEqual({ found: tensor('float32', [1], [40]) });
  });

  test('bytes that are no model, and models that ONNX Runtime refuses', async () => {
    await expect(openThere(Uint8Array.of(1, 2, 3))).rejects.toBeInstanceOf(UserError);
    await expect(openThere(affine().subarray(0, 40))).rejects.toBeInstanceOf(UserError);
    const unknownOperator = tinyModel({
      inputs: [value('x', 'float32', [1])],
      outputs: [value('y', 'float32', [1])],
      nodes: [node('NoSuchOperator', ['x'], ['y'])],
    });
    const error = await openThere(unknownOperator).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject({ kind: 'load', message: expect.stringContaining('NoSuchOperator') });
  });

  test("metadata that can't be read is told", async () => {
    const withState = (state: string) =>
      tinyModel({
        inputs: [value('x', 'float32', [1])],
        outputs: [value('y', 'float32', [1])],
        nodes: [node('Identity', ['x'], ['y'])],
        metadata: { 'trilu.state': state },
      });
    await expect(openThere(withState('[{"input":'))).rejects.toThrow('The model\'s metadata entry "trilu.state"');
    await expect(openThere(withState('[{"input":"x","output":"z"}]'))).rejects.toThrow('the state output "z"');
  });

  test('says that all nodes run on the one provider', async () => {
    expect(await (await openModel(affine())).placement()).toEqual([
      { node: 'product', operator: 'MatMul', provider: 'CPUExecutionProvider' },
      { node: 'y', operator: 'Add', provider: 'CPUExecutionProvider' },
    ]);
  });

  test('after dispose every call is rejected, and disposing again is fine', async () => {
    const session = await openThere(affine());
    const pending = session.run({ x, b }).catch((thrown: unknown) => thrown);
    await Promise.all([session.dispose(), session.dispose()]);
    expect(await pending).toMatchObject({ kind: 'disposed' });
    await expect(session.run({ x, b })).rejects.toMatchObject({ kind: 'disposed' });
    await expect(session.getState()).rejects.toMatchObject({ kind: 'disposed' });
  });
});
