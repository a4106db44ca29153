import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { learnIn, startChromium, visit } from '../support/example-page.ts';
import { installExample } from '../support/installed-example.ts';
import { isolation, type Server, serveFolder } from '../support/static-server.ts';

const browser = await startChromium();
const folder = installExample('vite');
const site = join(folder, 'site');

/** A page that opens a small model, with the worker in each of the ways that `open` knows. */
const ways = `
import { exportProgram, forwardProgram, initialize, modelParameters } from 'trilu/parts';
import { tensor } from 'trilu';
import { bigram } from 'trilu/models';
import { open } from 'trilu/web';

const model = bigram.configure({ vocabulary: 7 });
const file = exportProgram(forwardProgram(model), { weights: initialize(modelParameters(model), model.initialization, 1) });
const workers = {
  'worker.js beside it': true,
  'a function': () => new Worker('/worker.js?mine', { type: 'module' }),
  'the wrong file': () => new Worker('/wrong.js', { type: 'module' }),
  'no worker': false,
};

globalThis.attempt = async (way) => {
  try {
    const session = await open(file, { device: 'wasm', threads: 2, worker: workers[way] });
    const { logits } = await session.run({ tokens: tensor('int32', [1, 3], [4, 5, 6]) });
    await session.dispose();
    return logits.shape.join();
  } catch (error) {
    return error.message;
  }
};
`;

describe.skipIf(browser === undefined)('bundled with esbuild, as docs/web.md says', () => {
  let server: Server | undefined;

  beforeAll(async () => {
    writeFileSync(join(folder, 'src/ways.js'), ways);
    await build({
      absWorkingDir: folder,
      entryPoints: ['src/main.ts', 'src/ways.js', 'src/style.css', { in: 'trilu/web/worker', out: 'worker' }],
      bundle: true,
      splitting: true,
      format: 'esm',
      outdir: site,
      logLevel: 'silent',
    });
    for (const file of ['ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.asyncify.wasm']) {
      copyFileSync(join(folder, 'node_modules/onnxruntime-web/dist', file), join(site, file));
    }
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    writeFileSync(join(site, 'index.html'), page.replace('/src/main.ts', 'main.js').replace('/src/style', 'style'));
    writeFileSync(
      join(site, 'ways.html'),
      '<link rel="icon" href="data:,"><script type="module" src="ways.js"></script>',
    );
    server = await serveFolder(site, { headers: isolation });
  });
  afterAll(async () => {
    await server?.close();
    await browser?.close();
  });

  it('a page learns with several threads', async () => {
    const fields = { device: 'wasm', threads: '2', steps: '20', characters: '20' };
    const { status, losses, complaints, workers } = await learnIn(browser, server?.address ?? '', fields);
    expect(complaints).toEqual([]);
    expect(status).toMatch(/^On wasm, step 20: loss [\d.]+\. Done\.$/);
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    // One worker and its thread to train in, and, that session being over, one more of each to write in.
    const once = ['/worker.js', expect.stringMatching(/^\/ort\.wasm\.bundle\.min-\w+\.js$/)];
    expect(workers).toEqual([...once, ...once]);
  });

  it.each([
    ['worker.js beside it', ['/worker.js', expect.stringContaining('/ort.wasm.')]],
    ['a function', ['/worker.js', expect.stringContaining('/ort.wasm.')]],
    ['no worker', [expect.stringContaining('/ort.wasm.')]],
  ])('a session lives in: %s', async (way, files) => {
    const seen = await visit(browser, `${server?.address}/ways.html`, (page) =>
      page.evaluate(`attempt(${JSON.stringify(way)})`),
    );
    expect(seen).toEqual({ result: '1,3,7', workers: files, complaints: [] });
  });

  it('a worker whose file is missing is an error that says what to do', async () => {
    const { result } = await visit(browser, `${server?.address}/ways.html`, (page) =>
      page.evaluate("attempt('the wrong file')"),
    );
    expect(result).toMatch(/^The worker of trilu\/web could not be started: .*trilu\/web\/worker/);
  });
});
