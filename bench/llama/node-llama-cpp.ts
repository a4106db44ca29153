import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { repeated, serveSide } from '../common/side.ts';
import { readWorkload, writingFiles } from '../decode/files.ts';

// llama.cpp's side of the comparison, through node-llama-cpp. Usage: node-llama-cpp.ts FOLDER THREADS PACKAGE, the
// latter being the folder of the package node-llama-cpp, which trilu does not depend on.

/** What is used of node-llama-cpp; its version 3. */
interface LlamaLibrary {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<LlamaModel> }>;
}
interface LlamaModel {
  createContext(options: object): Promise<{ readonly contextSize: number; getSequence(): LlamaSequence }>;
}
interface LlamaSequence {
  clearHistory(): Promise<void>;
  evaluate(tokens: readonly number[], options: object): AsyncGenerator<number, void>;
}

const librarySchema = v.custom<LlamaLibrary>(
  (library) => typeof library === 'object' && library !== null && 'getLlama' in library,
  'this node-llama-cpp has no getLlama',
);

const [folder = '.', threadsText = '1', packageFolder = ''] = process.argv.slice(2);
const threads = Number(threadsText);
const { version } = v.parse(
  v.object({ version: v.string() }),
  JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')),
);
const { getLlama } = v.parse(librarySchema, await import(pathToFileURL(join(packageFolder, 'dist', 'index.js')).href));
/** Only what came with the package is used: nothing is downloaded or compiled. */
const llama = await getLlama({
  gpu: false,
  build: 'never',
  skipDownload: true,
  logLevel: 'error',
  maxThreads: threads,
});

await serveSide(async () => {
  const { prompt, block, count, config } = await readWorkload(folder);
  const model = await llama.loadModel({ modelPath: join(folder, writingFiles.gguf) });
  /** Its cache is float16 and its attention fused, as by default: that is the fastest. */
  const context = await model.createContext({
    // One place more than the block, or it would throw away the beginning to make room for what is not written.
    contextSize: config.block + 1,
    batchSize: config.block,
    threads: { ideal: threads, min: threads },
  });
  const sequence = context.getSequence();

  /** Writes after a prompt; when the first character was there, and when all of them. */
  const write = async (after: readonly number[], characters: number) => {
    await sequence.clearHistory();
    const tokens: number[] = [];
    const start = performance.now();
    let first = start;
    for await (const token of sequence.evaluate(after, { temperature: 0, yieldEogToken: true })) {
      tokens.push(token);
      if (tokens.length === 1) first = performance.now();
      if (tokens.length >= characters) break;
    }
    return { tokens, toFirst: first - start, fromFirst: performance.now() - first };
  };
  return {
    about: `llama.cpp by node-llama-cpp ${version}`,
    answers: {
      decode: repeated(async () => {
        const { tokens, fromFirst } = await write(prompt, count);
        return { milliseconds: fromFirst / (count - 1), tokens };
      }),
      prefill: repeated(async () => {
        const { tokens, toFirst } = await write(block, 1);
        return { milliseconds: toFirst, tokens };
      }),
    },
  };
});
