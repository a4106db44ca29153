import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { open } from '../../src/runtime/node/open.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { versionOf } from '../common/machine.ts';
import { repeated, serveSide } from '../common/side.ts';
import { decodeFiles, decodeTaskSchema } from './decode-files.ts';

// Writes characters with a generate program, as one run of it. Usage: decode-side.ts FOLDER.

await import('onnxruntime-node');

await serveSide(async () => {
  const folder = process.argv[2] ?? '.';
  const text = await readFile(join(folder, decodeFiles.task), 'utf8');
  const { batch, count, prompt, threads } = v.parse(decodeTaskSchema, JSON.parse(text));
  const session = await open(join(folder, decodeFiles.program), { device: 'cpu', threads, worker: false });
  const write = async (characters: number): Promise<{ spent: number; tokens: number[] }> => {
    const feeds = {
      tokens: tensor('int32', [batch, prompt], new Int32Array(batch * prompt)),
      count: tensor('int32', [], [characters]),
      temperature: tensor('float32', [], [0]),
      top_k: tensor('int32', [], [0]),
      top_p: tensor('float32', [], [1]),
      seed: tensor('int32', [], [0]),
    };
    const start = performance.now();
    const { generated } = await session.run(feeds);
    return { spent: performance.now() - start, tokens: Array.from(generated?.data ?? [], Number) };
  };
  // What a run costs besides its characters: the shortest run of one character.
  let first = Number.POSITIVE_INFINITY;
  const measure = repeated(async () => {
    first = Math.min(first, (await write(1)).spent);
    const { spent, tokens } = await write(count);
    return { milliseconds: (spent - first) / (count - 1), tokens };
  });
  return { about: `onnxruntime-node ${versionOf('onnxruntime-node')}`, answers: { decode: measure } };
});
