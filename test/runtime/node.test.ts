import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { loadOnnxRuntime } from '../../src/runtime/node/load.ts';
import { open } from '../../src/runtime/node/open.ts';
import { RuntimeError } from '../../src/runtime/runtime-error.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { affine, slow } from '../support/tiny-models.ts';

const size = 768;
const square = tensor('float32', [size, size], new Float32Array(size * size).fill(1 / size));

describe('in a worker', () => {
  test('the event loop stays alive during a long run', async () => {
    const session = await open(slow(60), { threads: 1 });
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 10);
    const start = performance.now();
    const { y } = await session.run({ x: square });
    const time = performance.now() - start;
    clearInterval(timer);
    await session.dispose();
    expect(y?.data[0]).toBeCloseTo(1 / size, 7);
    expect(time).toBeGreaterThan(150);
    // A timer of 10 ms fires about time / 10 times; on a busy machine less often, in a blocked thread not at all.
    expect(ticks).toBeGreaterThan(time / 10 / 4);
  });

  test('disposing during a run rejects the run at once and resolves when the worker has ended', async () => {
    const session = await open(slow(60), { threads: 1 });
    const run = session.run({ x: square }).catch((thrown: unknown) => thrown);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const disposed = session.dispose();
    expect(await run).toMatchObject({ kind: 'disposed' });
    await disposed;
  });

  test('many sessions at a time give no warning', async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error) => warnings.push(warning);
    process.on('warning', listener);
    const sessions = await Promise.all(Array.from({ length: 12 }, () => open(affine(), { threads: 1 })));
    await Promise.all(sessions.map((session) => session.dispose()));
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('warning', listener);
    expect(warnings).toEqual([]);
  });

  test('an error thrown in it is a UserError here', async () => {
    await expect(open('no-such-file.onnx')).rejects.toBeInstanceOf(UserError);
    await expect(open('no-such-file.onnx')).rejects.toThrow("The model no-such-file.onnx can't be read: ENOENT");
  });
});

test('a path is read, by either way', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trilu-'));
  try {
    const path = join(folder, 'affine.onnx');
    await writeFile(path, affine());
    for (const worker of [true, false]) {
      const session = await open(path, { worker });
      const { y } = await session.run({ x: tensor('float32', [1, 2], [1, 2]), b: tensor('float32', [3], [0, 0, 0]) });
      expect(y?.data).toEqual(Float32Array.of(9, 12, 15));
      await session.dispose();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("ONNX Runtime's own options pass through", async () => {
  const refused = open(affine(), { worker: false, sessionOptions: { graphOptimizationLevel: 'no such level' } });
  await expect(refused).rejects.toMatchObject({ kind: 'load' });
});

test('a missing onnxruntime-node is told with what to do', async () => {
  const missing = Object.assign(new Error("Cannot find package 'onnxruntime-node' imported from /app/index.js"), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
  const error = await loadOnnxRuntime(() => Promise.reject(missing)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect(error).toHaveProperty('message', 'onnxruntime-node is not installed: run `npm install onnxruntime-node`.');
  const broken = await loadOnnxRuntime(() => Promise.reject(new Error('bad ELF'))).catch((thrown: unknown) => thrown);
  expect(broken).toBeInstanceOf(RuntimeError);
});

describe('a process', () => {
  const source = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url));
  const run = async (code: string): Promise<string> => {
    const script = `
      import { open } from ${source('src/runtime/node/open.ts')};
      import { tensor } from ${source('src/runtime/tensor.ts')};
      import { affine, slow } from ${source('test/support/tiny-models.ts')};
      const feeds = { x: tensor('float32', [1, 2], [1, 2]), b: tensor('float32', [3], [0, 0, 0]) };
      ${code}`;
    // A process that does not exit by itself is killed after 30 s, which rejects; so does an exit code other than 0.
    const options = ['--import', 'tsx', '--input-type=module', '--eval', script];
    return (await promisify(execFile)(process.execPath, options, { timeout: 30_000 })).stdout.trim();
  };

  test.each(['{}', '{ worker: false }', "{ device: 'wasm' }", "{ device: 'wasm', worker: false }"])(
    'exits by itself after dispose: open(model, %s)',
    async (options) => {
      const code = `const session = await open(affine(), ${options});
        console.log((await session.run(feeds)).y.data.join());
        await session.dispose();`;
      expect(await run(code)).toBe('9,12,15');
    },
  );

  test('exits by itself when a session was forgotten, and not before a run has ended', async () => {
    const code = `const session = await open(slow(20));
      const x = tensor('float32', [512, 512], new Float32Array(512 * 512));
      session.run({ x }).then(({ y }) => console.log('ended', y.shape.join()));`;
    expect(await run(code)).toBe('ended 512,512');
  });

  test('can be ended with process.exit during a run, without being aborted', async () => {
    const code = `const session = await open(slow(100));
      const x = tensor('float32', [512, 512], new Float32Array(512 * 512).fill(1 / 512));
      session.run({ x });
      setTimeout(() => process.exit(3), 50);`;
    await expect(run(code)).rejects.toMatchObject({ code: 3, stderr: '' });
  });
});
