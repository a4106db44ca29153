import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as v from 'valibot';
import { serveTraining, skip } from './serve-training.ts';
import { tensorFlowSchema } from './tfjs-interface.ts';
import { tfjsTraining } from './tfjs-training.ts';
import { readWorkload } from './workload-files.ts';

// TensorFlow.js's side of the comparison of training steps, on WebAssembly, which has no threads in Node: it runs on one.
// Usage: tfjs.ts FOLDER, the workload being in the folder.

/** Names a folder that @tensorflow/tfjs and its backend were installed in, if not bench/. */
const variable = 'TRILU_BENCH_TFJS';
const named = process.env[variable];
const require = createRequire(named === undefined ? import.meta.url : join(named, 'package.json'));
const load = (): unknown => {
  try {
    require('@tensorflow/tfjs-backend-wasm');
    return require('@tensorflow/tfjs');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
    return skip(
      `TensorFlow.js is not compared with, because it is missing: run \`npm install --prefix bench\`, or name the folder of another one in ${variable}`,
    );
  }
};
// It writes greetings where the answers go.
console.log = console.error;
const found = v.safeParse(tensorFlowSchema, load());
if (!found.success) skip(`TensorFlow.js is not compared with: ${found.issues[0].message}`);
const tf = found.output;
const workload = await readWorkload(process.argv[2] ?? '.');
const about = `TensorFlow.js ${tf.version.tfjs} on WebAssembly (one thread: it has no more in Node), Node ${process.version}`;
await serveTraining(about, workload, async () => {
  if (!(await tf.setBackend('wasm'))) throw new Error('TensorFlow.js has no backend on WebAssembly here');
  await tf.ready();
  return tfjsTraining(tf, workload);
});
