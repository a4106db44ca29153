import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Learned, learnIn, startChromium, type Watched } from '../support/example-page.ts';
import { installExample } from '../support/installed-example.ts';
import { runScript, startServer } from '../support/scripts.ts';
import { isolation, type Server, serveFolder } from '../support/static-server.ts';

const browser = await startChromium();
afterAll(() => browser?.close());

const typescript = resolve(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
const folder = installExample('vite');
const anyPort = ['--port', '0'];
const onWasm = { device: 'wasm', steps: '25', characters: '20' };
const oneThread = expect.stringMatching(/^Wasm has one thread only, .*Cross-Origin-Opener-Policy/);

/** The example's configuration as it would be without the headers. */
writeFileSync(
  join(folder, 'bare.config.ts'),
  "import config from './vite.config.ts';\nexport default { ...config, server: {}, preview: {} };\n",
);

/** What holds wherever the page learned for some steps. */
function expectToHaveLearned(
  { status, losses, written, complaints, ticksPerSecond }: Learned & Watched,
  on: string,
): void {
  expect(complaints).toEqual([]);
  expect(status).toMatch(new RegExp(`^On ${on}, step \\d+: loss [\\d.]+\\. Done\\.$`));
  expect(losses.length).toBeGreaterThan(1);
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) - 0.5);
  expect(written).toHaveLength(23);
  // A page that does the work itself gets a turn only between two runs.
  expect(ticksPerSecond).toBeGreaterThan(30);
}

/** A way to serve the page. */
interface Way {
  readonly name: string;
  readonly start: () => Promise<Server>;
  readonly isolated: boolean;
}

const ways: readonly Way[] = [
  { name: 'npm run dev', start: () => startServer(folder, 'dev', anyPort), isolated: true },
  {
    name: 'npm run dev without the headers',
    start: () => startServer(folder, 'dev', [...anyPort, '--config', 'bare.config.ts']),
    isolated: false,
  },
  {
    name: 'npm run preview',
    start: () => startServer(folder, 'preview', anyPort),
    isolated: true,
  },
  { name: 'dist on a static server', start: () => serveFolder(join(folder, 'dist')), isolated: false },
];

/** On a busy machine the bundler remarks that plugins took long. */
function withoutTimings(output: string): string {
  return output.replace(/[^\n]*\[?PLUGIN_TIMINGS[\s\S]*$/, '').trim();
}

describe.skipIf(browser === undefined)(
  'the example for Vite, as it is when it was copied out of the repository',
  () => {
    beforeAll(async () => {
      const { code, stdout, stderr } = await runScript(folder, 'build');
      expect([code, withoutTimings(stderr)], stdout).toEqual([0, '']);
    });

    it.each(ways)('$name: learns in a worker, so that the page stays free, and writes', async ({ start, isolated }) => {
      const server = await start();
      try {
        const learned = await learnIn(browser, server.address, { ...onWasm, threads: isolated ? '2' : '' });
        expectToHaveLearned(learned, 'wasm');
        expect(learned.notices).toEqual(isolated ? [] : [oneThread]);
        // ONNX Runtime starts a worker for each thread but the first; none of them runs the app's own bundle.
        const files = learned.workers.map((path) => basename(path).replace(/[.-].*$/, ''));
        // It trains in one session and, that being over, writes in another, each with a worker of its own.
        const once = isolated ? ['worker', 'ort'] : ['worker'];
        expect(files).toEqual([...once, ...once]);
      } finally {
        await server.close();
      }
    });

    it('runs on webgpu from the production build', async () => {
      const server = await serveFolder(join(folder, 'dist'), { headers: isolation });
      try {
        const fields = { device: 'webgpu', threads: '1', steps: '1', characters: '1' };
        const { status, notices, written, complaints } = await learnIn(browser, server.address, fields);
        expect(complaints).toEqual([]);
        expect(status).toMatch(/^On webgpu, step 1: loss [\d.]+\. Done\.$/);
        expect(notices).toEqual([expect.stringMatching(/^The GPU is emulated in software/)]);
        expect(written).toMatch(/^The.$/s);
      } finally {
        await server.close();
      }
    });

    it("agrees with trilu's published types", () => {
      expect(execFileSync(process.execPath, [typescript, '-p', '.'], { cwd: folder, encoding: 'utf8' })).toBe('');
    });
  },
);
