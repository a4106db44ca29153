import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import type { Greeting, Turn } from './peer.ts';
import { Training } from './training.ts';

// trilu's side of the comparison: a process that trains on command, through the library's own session.

function tell(message: Greeting | Turn): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const started = performance.now();
const training = await Training.load(process.argv[2] ?? '.');
const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json');
tell({
  about: `trilu on onnxruntime-node ${version}, Node ${process.version}`,
  setup: (performance.now() - started) / 1000,
});
for await (const line of createInterface({ input: process.stdin }))
  tell(await training.run(Number(line.replace('run ', ''))));
process.exit(0);
