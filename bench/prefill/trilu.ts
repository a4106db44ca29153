import { join } from 'node:path';
import { open } from '../../src/runtime/node/open.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { versionOf } from '../common/machine.ts';
import { repeated, serveSide } from '../common/side.ts';
import { readWorkload, writingFiles } from '../decode/files.ts';

// trilu's side of the comparison: the forward program reads a whole block. Usage: trilu.ts FOLDER THREADS.

const [folder = '.', threads = '1'] = process.argv.slice(2);

// The runtime is loaded before the model, as the others' libraries are, so that memory is counted from the same point on.
await import('onnxruntime-node');

await serveSide(async () => {
  const { block, config } = await readWorkload(folder);
  const path = join(folder, writingFiles.forward);
  const session = await open(path, { device: 'cpu', threads: Number(threads), worker: false });
  const feeds = { tokens: tensor('int32', [1, block.length], block) };
  return {
    about: `onnxruntime-node ${versionOf('onnxruntime-node')}, Node ${process.version}`,
    answers: {
      prefill: repeated(async () => {
        const start = performance.now();
        const { logits } = await session.run(feeds);
        const scores = Array.from(logits?.data ?? [], Number).slice(-config.vocabulary);
        const milliseconds = performance.now() - start;
        return { milliseconds, tokens: [scores.indexOf(Math.max(...scores))] };
      }),
    },
  };
});
