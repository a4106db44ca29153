import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graphFileName } from '../../src/export/hugging-face-folder.ts';
import { startChromium, visit } from '../support/example-page.ts';
import { type Server, serveFolder } from '../support/static-server.ts';
import { folders, ownGreedyText, removeFolders, writeFolder } from './folder.ts';

const browser = await startChromium();
const prompt = 'ab n';

/** What the page is told. */
interface Task {
  readonly folder: string;
  readonly prompt: string;
  readonly count: number;
  /** How many more characters to ask for afterwards, to see whether they are refused. */
  readonly beyond?: number;
  /** Not told: transformers.js's own choice, and so config.json's. */
  readonly file?: string;
  readonly device?: string;
}

/** Copies transformers.js and the files of its own onnxruntime-web beside the models. */
function copyLibrary(to: string): void {
  const require = createRequire(import.meta.url);
  const library = dirname(require.resolve('@huggingface/transformers')); // its folder dist
  const runtime = dirname(createRequire(join(library, 'transformers.web.js')).resolve('onnxruntime-web'));
  mkdirSync(join(to, 'library'), { recursive: true });
  cpSync(join(library, 'transformers.min.js'), join(to, 'library/transformers.js'));
  for (const build of ['', '.asyncify', '.jspi']) {
    for (const type of ['mjs', 'wasm']) {
      const file = `ort-wasm-simd-threaded${build}.${type}`;
      cpSync(join(runtime, file), join(to, 'library', file));
    }
  }
  writeFileSync(join(to, 'index.html'), page);
}

/** A page as docs/hugging-face.md has it, with everything from its own server. As text: an import that vitest has rewritten can't run there. */
const page = `<!doctype html>
<title>transformers.js</title>
<link rel="icon" href="data:,">
<script type="module">
  import { env, pipeline } from './library/transformers.js';
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = '/';
  env.backends.onnx.wasm.wasmPaths = '/library/';
  window.write = async ({ folder, prompt, count, beyond, file, device }) => {
    const generator = await pipeline('text-generation', folder, { model_file_name: file, device });
    const options = { do_sample: false, max_new_tokens: count, return_full_text: false };
    const [{ generated_text }] = await generator(prompt, options);
    if (beyond === undefined) return generated_text;
    const more = generator(prompt, { ...options, max_new_tokens: count + beyond });
    return generated_text + await more.then(() => ' and more', () => ' and no more');
  };
</script>
`;

describe.skipIf(browser === undefined)('transformers.js in a page', () => {
  let server: Server | undefined;
  const window = writeFolder('window', 'gpt', { settings: { block: 8 }, seed: 3 });
  const cache = writeFolder('cache', 'gpt', { settings: { block: 320 }, placesWeigh: 3 });
  beforeAll(async () => {
    copyLibrary(folders());
    server = await serveFolder(folders());
  });
  afterAll(async () => {
    await server?.close();
    await browser?.close();
    removeFolders();
  });

  /** What a page writes that may load nothing from anywhere else. */
  async function written(task: Task): Promise<string> {
    const address = server?.address ?? '';
    const foreign: string[] = [];
    const { result, complaints } = await visit(browser, address, async (page: Page) => {
      page.on('request', (request) => {
        if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(address)) foreign.push(request.url());
      });
      await page.waitForFunction('window.write !== undefined');
      return page.evaluate<string>(`window.write(${JSON.stringify(task)})`);
    });
    expect(foreign).toEqual([]);
    expect(complaints.filter((complaint) => complaint.includes('rror'))).toHaveLength(
      task.beyond === undefined ? 0 : 1,
    );
    return result;
  }

  test('the window form writes the greedy text of our own runtime, 300 characters of it, with no dtype told', async () => {
    const own = await ownGreedyText(window, prompt, 300);
    expect(await written({ folder: 'window', prompt, count: 300 })).toBe(own);
  });

  test('the cache form writes the greedy text of our own runtime, 300 characters of it', async () => {
    const own = await ownGreedyText(cache, prompt, 300);
    expect(await written({ folder: 'cache', prompt, count: 300, file: graphFileName('cache') })).toBe(own);
  });

  test('the cache form writes the same on WebGPU, and is refused beyond the block, though Gather checks no index there', async () => {
    const short = writeFolder('short', 'gpt', { settings: { block: 8 } });
    const task = { folder: 'short', prompt, count: 5, beyond: 1, file: graphFileName('cache'), device: 'webgpu' };
    expect(await written(task)).toBe(`${await ownGreedyText(short, prompt, 5)} and no more`);
  }, 120_000);
});
