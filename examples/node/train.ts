/**
 * Trains a small GPT in Node and lets it write. Without a text of yours it learns its own source code.
 *
 *   npm install
 *   npm start
 *   npm start -- --device cpu --steps 1000 --text book.txt
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  BatchSampler,
  CharacterTokenizer,
  decodeProgram,
  exportProgram,
  generate,
  initialState,
  learningRateAt,
  type OpenOptions,
  presetFor,
  tensor,
  trainProgram,
  weightsOf,
} from 'trilu';
import { defineModel, modelConfig } from 'trilu/models';
import { open } from 'trilu/node';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'auto' },
    steps: { type: 'string', default: '500' },
    text: { type: 'string', default: import.meta.filename },
  },
});
const device = values.device as NonNullable<OpenOptions['device']>; // open says so if there is no such device
const steps = Number(values.steps);
const text = await readFile(values.text, 'utf8');

// The model, and the tokens that it learns.
const tokenizer = CharacterTokenizer.fromText(text);
const config = modelConfig('gpt-nano', {
  vocabularySize: tokenizer.size,
  layers: 2,
  heads: 4,
  embedding: 64,
  blockSize: 32,
});
const model = defineModel(config);
const sampler = new BatchSampler(tokenizer.encode(text), { batch: 16, block: config.blockSize, seed: 1 });

// Training is a graph too: open it on a device, give it its first state, and step.
const { optimizer } = presetFor('gpt-nano');
const schedule = { learningRate: 3e-3, minimumLearningRate: 3e-4, warmUp: 20, decaySteps: steps };
const trainer = await open(exportProgram(trainProgram(model, { optimizer }), { weights: new Map() }), { device });
for (const notice of trainer.notices) console.log(notice);
console.log(`Device: ${trainer.device}`);

const nodes = new Map<string, number>();
for (const { provider } of await trainer.placement()) nodes.set(provider, (nodes.get(provider) ?? 0) + 1);
for (const [provider, count] of nodes) console.log(`${count} nodes by ${provider}`);

await trainer.setState(initialState(model, 1));
for (let step = 0; step < steps; ) {
  const count = Math.min(25, steps - step); // as many steps in one run
  const { shape, tokens, targets } = sampler.nextSteps(count); // shape (count, batch, block)
  const rates = Array.from({ length: count }, (_, index) => learningRateAt(step + index, schedule));
  const { loss } = await trainer.step({
    tokens: tensor('int32', shape, tokens),
    targets: tensor('int32', shape, targets),
    learning_rate: tensor('float32', [count], rates),
    seed: tensor('int32', [], [1]),
  });
  step += count;
  console.log(`step ${step}: loss ${Number(loss?.data.at(-1)).toFixed(3)}`);
}

// The trained weights, in a graph that continues a text.
const weights = weightsOf(model, await trainer.getState());
await trainer.dispose();
const writer = await open(exportProgram(decodeProgram(model), { weights }), { device });
const [first = ''] = text;
process.stdout.write(`\n${first}`);
const written = generate({
  decode: writer,
  tokens: [...tokenizer.encode(first)],
  count: 300,
  blockSize: config.blockSize,
  sampling: { temperature: 0.5, seed: 1 },
});
for await (const token of written) process.stdout.write(tokenizer.decode([token]));
console.log();
await writer.dispose();
