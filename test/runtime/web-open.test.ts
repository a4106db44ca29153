import { afterEach, expect, test, vi } from 'vitest';
import type { Request } from '../../src/runtime/remote-protocol.ts';
import { serve } from '../../src/runtime/remote-server.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { open } from '../../src/runtime/web/open.ts';
import { openHere } from '../../src/runtime/web/open-here.ts';
import type { PageMessage } from '../../src/runtime/web/worker-messages.ts';
import { affine } from '../support/tiny-models.ts';

const feeds = { x: tensor('float32', [1, 2], [1, 2]), b: tensor('float32', [3], [0, 0, 0]) };

const remedy =
  "Serve the file trilu/web/worker from the page's own origin and allow it in the Content-Security-Policy (worker-src), " +
  'start it yourself with `worker: () => new Worker(…)`, or run in the page with `worker: false`.';

/** What was asked of the pretend worker, by the names of the calls, and how often one was started and ended. */
const seen = { asked: [] as string[], started: 0, ended: 0 };

/** A browser's module worker, played in this thread with the code of the real one. */
class PretendWorker extends EventTarget {
  readonly #answer = serve(
    (model, options = {}) => openHere(model, options, false),
    (data, transfer) =>
      this.#tell(new MessageEvent('message', { data: structuredClone(data, { transfer: [...transfer] }) })),
  );

  constructor() {
    super();
    seen.started += 1;
  }

  postMessage(message: PageMessage, transfer: ArrayBuffer[]): void {
    const request: PageMessage = structuredClone(message, { transfer });
    seen.asked.push('addresses' in request ? 'addresses' : describe(request));
    if (!('addresses' in request)) void this.#answer(request);
  }

  terminate(): void {
    seen.ended += 1;
  }

  #tell(event: Event): void {
    setTimeout(() => this.dispatchEvent(event));
  }

  /** The event of a browser; Node has no class for it. */
  fail(message: string | undefined): void {
    this.#tell(Object.assign(new Event('error'), { message }));
  }
}

function describe({ name, ask }: Request): string {
  return name === 'open' && typeof ask.model === 'string' ? `open ${ask.model}` : name;
}

/** A page at an address. */
function page(worker: typeof PretendWorker = PretendWorker): void {
  vi.stubGlobal('Worker', worker);
  vi.stubGlobal('document', { baseURI: 'https://example.org/app/index.html' });
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  Object.assign(seen, { asked: [], started: 0, ended: 0 });
});

test('where there are no workers, as in Node, a session lives in the calling thread', async () => {
  expect(globalThis.Worker).toBeUndefined();
  const session = await open(affine(), { device: 'wasm' });
  expect((await session.run(feeds)).y?.data).toEqual(Float32Array.of(9, 12, 15));
  await session.dispose();
});

test('in a page, all sessions live in one worker, which ends with the last', async () => {
  page();
  const first = await open(affine(), { device: 'wasm' });
  const second = await open(affine(), { device: 'wasm' });
  expect((await second.run(feeds)).y?.data).toEqual(Float32Array.of(9, 12, 15));
  await first.dispose();
  expect(seen).toEqual({ asked: ['addresses', 'open', 'open', 'run', 'dispose'], started: 1, ended: 0 });
  await second.dispose();
  expect([seen.started, seen.ended]).toEqual([1, 1]);
});

test('`worker: false` starts none', async () => {
  page();
  const session = await open(affine(), { device: 'wasm', worker: false });
  await session.dispose();
  expect(seen.started).toBe(0);
});

test('an address means what it means in the page, not beside the file of the worker', async () => {
  page();
  vi.stubGlobal('fetch', async () => new Response(new Uint8Array(affine())));
  const session = await open('models/a.onnx', { device: 'wasm' });
  await session.dispose();
  expect(seen.asked[1]).toBe('open https://example.org/app/models/a.onnx');
});

/** How a worker fails to start, and what is told of it. */
const failures: readonly [what: string, worker: typeof PretendWorker, reason: string][] = [
  [
    'whose file is missing or forbidden',
    class extends PretendWorker {
      override postMessage(): void {
        this.fail(undefined);
      }
    },
    'its file could not be loaded',
  ],
  [
    'whose file fails',
    class extends PretendWorker {
      override postMessage(): void {
        this.fail('Uncaught SyntaxError: Unexpected token');
      }
    },
    'Uncaught SyntaxError: Unexpected token',
  ],
  [
    'that the browser refuses',
    class extends PretendWorker {
      constructor() {
        super();
        throw new Error('Failed to construct a Worker');
      }
    },
    'Failed to construct a Worker',
  ],
];

test.each(failures)(
  'a worker %s is told with what to do, and the next one is tried anew',
  async (_, worker, reason) => {
    page(worker);
    const message = `The worker of trilu/web could not be started: ${reason}. ${remedy}`;
    for (const started of [1, 2]) {
      await expect(open(affine(), { device: 'wasm' })).rejects.toMatchObject({ kind: 'worker', message });
      expect(seen.started).toBe(started);
    }
    // A page may give up its own worker and start another one, such as from another file.
    page();
    const session = await open(affine(), { device: 'wasm', worker: () => new Worker('/worker.js') });
    await session.dispose();
  },
);

test('a worker that fails later takes its sessions with it', async () => {
  const workers: PretendWorker[] = [];
  page(
    class extends PretendWorker {
      constructor() {
        super();
        workers.push(this);
      }
    },
  );
  const session = await open(affine(), { device: 'wasm' });
  workers[0]?.fail('Uncaught RangeError: out of memory');
  await new Promise((resolve) => setTimeout(resolve, 5));
  const message = 'The worker ended unexpectedly: Uncaught RangeError: out of memory.';
  await expect(session.run(feeds)).rejects.toMatchObject({ kind: 'worker', message });
  expect(seen.ended).toBe(1);
  await session.dispose();
});
