import { readFile } from 'node:fs/promises';
import { serveTraining, skip } from './serve-training.ts';
import { provideWebWorkers } from './web-worker.ts';
import { readWorkload } from './workload-files.ts';

// jax-js's side of the comparison of training steps, on WebAssembly. Usage: jax-js.ts FOLDER, the workload being in the folder.

const workload = await readWorkload(process.argv[2] ?? '.');
// jax-js looks once, while it is loaded, whether there are workers to be had. Without them it computes in this thread.
if (workload.threads > 1) provideWebWorkers(workload.threads);
const library = await import('./jax-js-training.ts').catch((error: unknown) => {
  if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
  return skip('jax-js is not compared with, because it is missing: run `npm ci` in the clone');
});
// Its package.json is not among what the package exports.
const manifest = new URL('../package.json', import.meta.resolve('@jax-js/jax'));
const { version }: { version: string } = JSON.parse(await readFile(manifest, 'utf8'));
await serveTraining(`jax-js ${version} on WebAssembly, Node ${process.version}`, workload, () =>
  library.jaxTraining(workload),
);
