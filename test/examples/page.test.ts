import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Learned, learnIn, startChromium, type Watched } from '../support/example-page.ts';
import { firefox, learnInFirefox } from '../support/firefox.ts';
import { installExample } from '../support/installed-example.ts';
import { startServer } from '../support/scripts.ts';
import { isolation, type Server, type ServerOptions, serveFolder } from '../support/static-server.ts';

const browser = await startChromium();
const folder = installExample('page');

const small = { model: 'bigram', steps: '20' };
const oneThread = expect.stringMatching(/^Wasm has one thread only, .*Cross-Origin-Opener-Policy/);
const emulated = expect.stringMatching(/^The GPU is emulated in software/);
const modules = '/node_modules/';
const worker = `${modules}trilu/dist/browser/worker.js`;
/** The page trains in one session and, that being over, writes in another, each with a worker of its own. */
const twice = (workers: readonly string[]): readonly string[] => [...workers, ...workers];
const thread = (build: string): string => `${modules}onnxruntime-web/dist/ort.${build}.bundle.min.mjs`;

function expectToHaveLearned(learned: Omit<Learned & Watched, 'workers'>, on: string, { steps } = small): void {
  const { status, losses, written, complaints } = learned;
  expect(complaints).toEqual([]);
  expect(status).toMatch(new RegExp(`^On ${on}, step ${steps}: loss [\\d.]+\\. Done\\.$`));
  expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
  expect(written).toHaveLength(201);
}

describe.skipIf(browser === undefined)('the plain page, as it is when it was copied out of the repository', () => {
  let isolated: Server | undefined;
  let bare: Server | undefined;
  beforeAll(async () => {
    isolated = await startServer(folder, 'start', ['0']);
    bare = await serveFolder(folder);
  });
  afterAll(async () => {
    await isolated?.close();
    await bare?.close();
    await browser?.close();
  });

  it("on the example's own server wasm has threads, which start from onnxruntime-web's file", async () => {
    const fields = { ...small, device: 'wasm', threads: '2', model: 'head' };
    const learned = await learnIn(browser, isolated?.address ?? '', fields);
    expectToHaveLearned(learned, 'wasm');
    expect(learned).toMatchObject({ notices: [], workers: twice([worker, thread('wasm')]) });
  });

  it('on any other server wasm has one thread, and the page says so', async () => {
    const learned = await learnIn(browser, bare?.address ?? '', { ...small, device: 'wasm' });
    expectToHaveLearned(learned, 'wasm');
    expect(learned).toMatchObject({ notices: [oneThread], workers: twice([worker]) });
  });

  it.each([
    ['with the headers', () => isolated, [worker, thread('webgpu')]],
    ['without the headers', () => bare, [worker]],
  ])('webgpu trains %s', async (_name, server, workers) => {
    const threads = workers.length === 1 ? '' : '2';
    const few = { ...small, steps: '6' };
    const learned = await learnIn(browser, server()?.address ?? '', { ...few, device: 'webgpu', threads });
    expectToHaveLearned(learned, 'webgpu', few);
    expect(learned).toMatchObject({ notices: [emulated], workers: twice(workers) });
  });

  describe('under a Content-Security-Policy', () => {
    const hashes = [...readFileSync(join(folder, 'index.html'), 'utf8').matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map(
      ([, code = '']) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`,
    );
    const directives = {
      'default-src': "'none'",
      'script-src': `'self' 'wasm-unsafe-eval' ${hashes.join(' ')}`,
      'connect-src': "'self'",
      'worker-src': "'self'",
      'img-src': 'data:',
    };

    async function learnUnder(changes: Readonly<Record<string, string>>): Promise<Learned & Watched> {
      const rows = Object.entries({ ...directives, ...changes });
      const policy = rows.map((row) => row.join(' ')).join('; ');
      const server = await serveFolder(folder, { headers: { ...isolation, 'Content-Security-Policy': policy } });
      try {
        return await learnIn(browser, server.address, { ...small, device: 'wasm', threads: '2' });
      } finally {
        await server.close();
      }
    }

    it("'self' for scripts, workers and connections, and 'wasm-unsafe-eval', are enough", async () => {
      expectToHaveLearned(await learnUnder({}), 'wasm');
    });

    it.each([
      ['script-src', directives['script-src'].replace("'wasm-unsafe-eval'", ''), /The model could not be loaded/],
      ['connect-src', "'none'", /The model could not be loaded/],
      ['worker-src', "'none'", /The worker of trilu\/web could not be started.*worker-src/],
    ])('without %s there is an error, and the page does not hang', async (directive, value, message) => {
      const { status, losses } = await learnUnder({ [directive]: value });
      expect([status, losses]).toEqual([expect.stringMatching(message), []]);
    });
  });
});

describe('a browser without WebGPU falls to wasm, and the page says why', () => {
  const { model, steps } = small;
  const fields = { model, steps, device: 'auto' };

  const unsafe = '--enable-unsafe-webgpu';
  const noGpu = /^The device webgpu is not used: this browser has no WebGPU\./;
  const noAdapter = /^The device webgpu is not used: this browser has WebGPU, but gives no GPU/;
  const insecure = /^The device webgpu is not used: browsers give WebGPU to secure pages only/;

  it.skipIf(browser === undefined)('Chromium, when navigator.gpu is missing', async () => {
    const edits = { [worker]: (code: string) => `delete WorkerNavigator.prototype.gpu;\n${code}` };
    expect(await noticesOf({ headers: isolation, edits })).toEqual([expect.stringMatching(noGpu)]);
  });

  it.skipIf(browser === undefined)('Chromium, when it gives no GPU', async () => {
    const change = (args: string[]): string[] => args.filter((arg) => arg !== unsafe);
    expect(await noticesOf({ headers: isolation }, change)).toEqual([expect.stringMatching(noAdapter)]);
  });

  it.skipIf(browser === undefined)('Chromium, on a page that is not secure', async () => {
    const change = (args: string[]): string[] => [...args, '--host-resolver-rules=MAP insecure.test localhost'];
    const notices = await noticesOf({}, change, 'insecure.test');
    expect(notices).toEqual([expect.stringMatching(insecure), oneThread]);
  });

  async function noticesOf(
    options: ServerOptions,
    change?: (args: string[]) => string[],
    host = 'localhost',
  ): Promise<readonly string[]> {
    const [other, server] = [await startChromium(change), await serveFolder(folder, options)];
    try {
      const learned = await learnIn(other, server.address.replace('localhost', host), fields);
      expectToHaveLearned(learned, 'wasm');
      return learned.notices;
    } finally {
      await server.close();
      await other?.close();
    }
  }

  it.skipIf(firefox === undefined)('Firefox', async () => {
    const { agent, ...learned } = await learnInFirefox(folder, { ...fields, threads: '2' }, { headers: isolation });
    expectToHaveLearned(learned, 'wasm');
    expect(agent).toContain('Firefox');
    expect(learned.notices).toEqual([expect.stringMatching(/^The device webgpu is not used: /)]);
  });
});
