import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { open } from '../../src/runtime/node/open.ts';
import type { Session } from '../../src/runtime/session.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { useSwiftShader } from '../support/swiftshader.ts';
import { affine, counter } from '../support/tiny-models.ts';

const feeds = { x: tensor('float32', [1, 2], [1, 2]), b: tensor('float32', [3], [0, 0, 0]) };
const amount = tensor('float32', [1], [1]);

/** The threads that were started, and how many of them have ended. */
const threads = { started: 0, ended: 0 };
const count = (worker: Worker): void => {
  threads.started += 1;
  worker.once('exit', () => {
    threads.ended += 1;
  });
};
beforeAll(() => {
  process.on('worker', count);
});
afterAll(() => {
  process.off('worker', count);
});

describe.skipIf(!useSwiftShader())('WebGPU sessions in Node', () => {
  // Two threads at ONNX Runtime's GPU context crash the process, most times within a second.
  test('share one thread, keep their own state, and the thread ends with the last of them', async () => {
    const before = { ...threads };
    const webgpu = (model: Uint8Array): Promise<Session> => open(model, { device: 'webgpu' });
    const [first, second, plain] = await Promise.all([webgpu(counter()), webgpu(counter()), webgpu(affine())]);
    expect(threads.started - before.started).toBe(1);
    await Promise.all([
      first.setState({ count: tensor('float32', [1], [100]) }),
      second.setState({ count: tensor('float32', [1], [200]) }),
    ]);
    const rounds = Array.from({ length: 40 }, (_, round) => round + 1);
    await Promise.all([
      ...rounds.map(async (round) => {
        expect((await first.step({ amount })).doubled?.data).toEqual(Float32Array.of(2 * (100 + round)));
      }),
      ...rounds.map(async (round) => {
        expect((await second.step({ amount })).doubled?.data).toEqual(Float32Array.of(2 * (200 + round)));
      }),
      ...rounds.map(async () => {
        expect((await plain.run(feeds)).y?.data).toEqual(Float32Array.of(9, 12, 15));
      }),
    ]);
    await first.dispose();
    await plain.dispose();
    expect((await second.getState()).count?.data).toEqual(Float32Array.of(240));
    expect(threads.ended - before.ended).toBe(0);
    await second.dispose();
    expect(threads.ended - before.ended).toBe(1);
  });

  test('open anew after the thread has ended, as often as wanted', async () => {
    const before = threads.started;
    for (const _ of Array.from({ length: 3 })) {
      const session = await open(affine(), { device: 'webgpu' });
      expect((await session.run(feeds)).y?.data).toEqual(Float32Array.of(9, 12, 15));
      await session.dispose();
    }
    expect(threads.started - before).toBe(3);
  });

  test('a session on the CPU has a thread of its own beside them', async () => {
    const before = threads.started;
    const sessions = await Promise.all([open(affine(), { device: 'webgpu' }), open(affine(), { device: 'cpu' })]);
    expect(threads.started - before).toBe(2);
    await Promise.all(sessions.map((session) => session.dispose()));
  });

  test('are refused in a second thread as long as the first has any, by either way', async () => {
    for (const worker of [true, false]) {
      const session = await open(affine(), { device: 'webgpu', worker });
      const refused = open(affine(), { device: 'webgpu', worker: !worker });
      await expect(refused).rejects.toBeInstanceOf(UserError);
      await expect(refused).rejects.toThrow(
        `A session on webgpu can't be opened in ${worker ? 'the calling' : 'a worker'} thread while`,
      );
      await Promise.all([session.dispose(), session.dispose()]);
    }
    const after = await open(affine(), { device: 'webgpu' });
    await after.dispose();
  });

  test('let the process exit by itself, after dispose and when they were forgotten', async () => {
    const source = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url));
    const run = async (ending: string): Promise<string> => {
      const script = `
        import { open } from ${source('src/runtime/node/open.ts')};
        import { tensor } from ${source('src/runtime/tensor.ts')};
        import { affine } from ${source('test/support/tiny-models.ts')};
        const feeds = { x: tensor('float32', [1, 2], [1, 2]), b: tensor('float32', [3], [0, 0, 0]) };
        const sessions = await Promise.all([1, 2].map(() => open(affine(), { device: 'webgpu' })));
        for (const session of sessions) console.log((await session.run(feeds)).y.data.join());
        ${ending}`;
      const options = ['--import', 'tsx', '--input-type=module', '--eval', script];
      return (await promisify(execFile)(process.execPath, options, { timeout: 30_000 })).stdout.trim();
    };
    const endings = ['for (const session of sessions) await session.dispose();', ''];
    expect(await Promise.all(endings.map(run))).toEqual(['9,12,15\n9,12,15', '9,12,15\n9,12,15']);
  });
});
