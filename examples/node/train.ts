/**
 * Trains a small GPT in Node and lets it write. Without a text of yours it learns its own source code.
 *
 *   npm install
 *   npm start
 *   npm start -- --device cpu --steps 1000 --text book.txt
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { exportModel, generateText, type Session, train } from 'trilu';
import { gptNano } from 'trilu/models';
import { open } from 'trilu/node';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'auto' },
    steps: { type: 'string', default: '500' },
    text: { type: 'string', default: import.meta.filename },
  },
});
const { device } = values; // open says so if there is no such device
const text = await readFile(values.text, 'utf8');

/** Opens a program on the device. The first is the one that trains: this tells where it runs. */
let told = false;
async function openThere(file: Uint8Array): Promise<Session> {
  const session = await open(file, { device });
  if (told) return session;
  told = true;
  for (const notice of session.notices) console.log(notice);
  console.log(`Device: ${session.device}`);
  const nodes = new Map<string, number>();
  for (const { provider } of await session.placement()) nodes.set(provider, (nodes.get(provider) ?? 0) + 1);
  for (const [provider, count] of nodes) console.log(`${count} nodes by ${provider}`);
  return session;
}

const trained = await train(gptNano, {
  text,
  settings: { layers: 2, heads: 4, embedding: 64, block: 32 },
  steps: Number(values.steps),
  batch: 16,
  learningRate: 3e-3,
  stepsPerRun: 25,
  open: openThere,
  onEvent: (event) => {
    if (event.kind === 'steps') console.log(`step ${event.step}: loss ${event.loss.toFixed(3)}`);
  },
});

// The trained weights, in a graph that writes whole texts in any ONNX tool, and in one that writes a character at a time.
await writeFile('generate.onnx', exportModel(trained));
const decode = await openThere(exportModel(trained, 'decode'));
const [prompt = ''] = text;
process.stdout.write(`\n${prompt}`);
const written = generateText({ decode, prompt, count: 300, sampling: { temperature: 0.5, seed: 1 } });
for await (const piece of written) process.stdout.write(piece);
console.log();
await decode.dispose();
