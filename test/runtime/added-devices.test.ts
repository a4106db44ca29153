import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { NodeDevice } from '../../src/runtime/devices/node/node-device.ts';
import type { BrowserGlobals } from '../../src/runtime/devices/web/web-device.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { affine, counter } from '../support/tiny-models.ts';

const feeds = { x: tensor('float32', [1, 2], [1, 2]), b: tensor('float32', [3], [0, 0, 0]) };

/** A processor that runs independent nodes of a graph at the same time. */
const parallel: NodeDevice = {
  name: 'parallel',
  description: 'the processor, with independent nodes side by side',
  rank: 15, // above cpu (10), below webgpu (20)
  providers: ['cpu'],
  executionProvider: 'CPUExecutionProvider',
  sessionOptions: { executionMode: 'parallel', interOpNumThreads: 2 },
  splitsBatch: true,
};

/** trilu/node, as a process has it that has defined nothing yet. */
async function freshNode() {
  vi.resetModules();
  onTestFinished(() => void vi.resetModules());
  const { chooseDevice } = await import('../../src/runtime/node/choose-device.ts');
  return { chooseDevice, ...(await import('../../src/node.ts')) };
}

/** trilu/web likewise. */
async function freshWeb() {
  vi.resetModules();
  onTestFinished(() => void vi.resetModules());
  return import('../../src/web.ts');
}

describe('a device added in Node', () => {
  test('is listed by its rank, and taken by auto', async () => {
    const { devices, defineDevice, chooseDevice } = await freshNode();
    const before = await chooseDevice();
    expect(defineDevice(parallel)).toBe(parallel);
    const reports = await devices();
    expect(reports.map(({ device }) => device)).toEqual(['cuda', 'webgpu', 'parallel', 'cpu', 'wasm']);
    const auto = before.device.name === 'cpu' ? 'parallel' : before.device.name;
    expect(reports.find(({ device }) => device === 'parallel')).toEqual({
      device: 'parallel',
      available: true,
      emulated: false,
      auto: auto === 'parallel',
      description: 'the processor, with independent nodes side by side',
    });
    expect((await chooseDevice()).device.name).toBe(auto);
  });

  test('without a rank is used by name only', async () => {
    const { devices, defineDevice, chooseDevice } = await freshNode();
    const before = await chooseDevice();
    const { rank: _, ...unranked } = parallel;
    defineDevice(unranked);
    expect((await chooseDevice()).device.name).toBe(before.device.name);
    expect((await devices()).at(-1)?.device).toBe('parallel');
  });

  test.each([true, false])('opens and runs models, in a worker: %s', async (worker) => {
    const { open, defineDevice } = await freshNode();
    defineDevice(parallel);
    const session = await open(affine(), { device: 'parallel', worker });
    expect([session.device, session.notices]).toEqual(['parallel', []]);
    expect((await session.run(feeds)).y?.data).toEqual(Float32Array.of(9, 12, 15));
    expect((await session.placement()).every(({ provider }) => provider === 'CPUExecutionProvider')).toBe(true);
    await session.dispose();
  });

  test.each([true, false])('gives ONNX Runtime its session options, in a worker: %s', async (worker) => {
    const { open, defineDevice } = await freshNode();
    defineDevice({ ...parallel, sessionOptions: { executionMode: 'no such mode' } });
    const opening = open(affine(), { device: 'parallel', worker });
    await expect(opening).rejects.toMatchObject({
      kind: 'load',
      message: expect.stringMatching(/executionMode|no such mode/),
    });
    // Those of the call win over the device's.
    const session = await open(affine(), {
      device: 'parallel',
      worker,
      sessionOptions: { executionMode: 'sequential' },
    });
    await session.dispose();
  });

  test('that can not open a model after auto chose it is replaced by the CPU, which is told', async () => {
    const { open, defineDevice } = await freshNode();
    defineDevice({ ...parallel, rank: 99, providers: ['no-such-provider'] });
    const session = await open(counter());
    expect(session.device).toBe('cpu');
    expect(session.notices).toEqual([
      expect.stringMatching(/^The device is cpu: parallel can't open this model \(.*\)\.$/),
    ]);
    await session.dispose();
  });

  test('that is probed and does not work is missing, with the reason', async () => {
    const { devices, defineDevice, chooseDevice } = await freshNode();
    const before = await chooseDevice();
    defineDevice({
      ...parallel,
      name: 'missing',
      rank: 99,
      providers: ['no-such-provider'],
      probed: true,
      absences: [
        { said: /no-such-provider/, means: () => ({ reason: 'this build lacks it', remedy: 'use another build' }) },
      ],
    });
    const [report] = await devices();
    expect(report).toMatchObject({ device: 'missing', available: false, reason: 'this build lacks it' });
    const chosen = await chooseDevice();
    expect(chosen.device.name).toBe(before.device.name);
    expect(chosen.notices[0]).toBe(
      'The device missing is not used: this build lacks it. What to do: use another build.',
    );
    const { open } = await import('../../src/node.ts');
    await expect(open(affine(), { device: 'missing' })).rejects.toThrow(
      'The device missing is not available: this build lacks it. What to do: use another build. Or use the device cpu.',
    );
  });

  test('checks its own options whenever a model is opened', async () => {
    const { open, defineDevice } = await freshNode();
    defineDevice({
      ...parallel,
      checkOptions: (options) => {
        if ('parallel' in options) throw new UserError('parallel takes no options.');
      },
    });
    const given = { device: 'cpu', parallel: {} };
    await expect(open(affine(), given)).rejects.toThrow('parallel takes no');
  });
});

describe('a definition that can not be used is refused', () => {
  test.each<[what: string, change: object, message: string]>([
    ['a name that is taken', { name: 'wasm' }, 'The device "wasm" is defined twice: give one of them another name.'],
    [
      'the name auto',
      { name: 'auto' },
      'A device needs a name of small letters, digits and hyphens other than "auto"; ',
    ],
    ['a name with a space', { name: 'my device' }, '"my device" is none.'],
    ['no name', { name: undefined }, 'A device needs a name'],
    ['no providers', { providers: [] }, 'The device "parallel" needs `providers`: '],
    ['no provider of ONNX Runtime’s log', { executionProvider: undefined }, 'needs `executionProvider`: '],
    ['a rank that is no number', { rank: Number.NaN }, 'The rank of the device "parallel" must be a number; '],
  ])('%s', async (_, change, message) => {
    for (const { defineDevice } of [await freshNode(), await freshWeb()]) {
      expect(() => defineDevice({ ...parallel, ...change })).toThrow(message);
    }
  });

  test('and leaves the devices as they were', async () => {
    const { defineDevice, devices, deviceNamed } = await freshNode();
    const before = await devices();
    expect(() => defineDevice({ ...parallel, name: 'cpu' })).toThrow();
    expect(await devices()).toEqual(before);
    expect(() => deviceNamed('parallel')).toThrow('There is no device "parallel" here: choose from auto, cuda, ');
  });
});

describe('a device added in a browser', () => {
  const fast = {
    name: 'fast',
    description: 'WebAssembly, with fewer checks',
    rank: 30,
    providers: ['wasm'],
    executionProvider: 'CPUExecutionProvider',
  };

  test('is listed by its rank, opens and runs, by name and by auto', async () => {
    const { defineDevice, devices, open } = await freshWeb();
    defineDevice(fast);
    expect((await devices()).map(({ device, auto }) => [device, auto])).toEqual([
      ['fast', true],
      ['webgpu', false],
      ['wasm', false],
    ]);
    for (const options of [{ device: 'fast' }, {}]) {
      const session = await open(affine(), options);
      expect(session.device).toBe('fast');
      expect((await session.run(feeds)).y?.data).toEqual(Float32Array.of(9, 12, 15));
      await session.dispose();
    }
  });

  test('that is not there is passed over by auto and refused by name', async () => {
    const { defineDevice, open } = await freshWeb();
    const absence = { reason: 'there is no accelerator', remedy: 'use another computer' };
    const look = async (_: BrowserGlobals) => ({ available: false, emulated: false, description: '', ...absence });
    defineDevice({ ...fast, look });
    const session = await open(affine(), { threads: 1 });
    expect(session.device).toBe('wasm');
    expect(session.notices[0]).toBe(
      'The device fast is not used: there is no accelerator. What to do: use another computer.',
    );
    await session.dispose();
    await expect(open(affine(), { device: 'fast' })).rejects.toThrow(
      'The device fast is not available: there is no accelerator. What to do: use another computer. Or use the device wasm.',
    );
  });
});
