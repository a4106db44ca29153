import { open as openFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { open } from '../../src/runtime/node/open.ts';
import type { Session } from '../../src/runtime/session.ts';
import { type Tensors, tensor } from '../../src/runtime/tensor.ts';
import { adamw } from '../../src/train/optimizers/adamw.ts';
import { slotName } from '../../src/train/optimizers/optimizer.ts';
import { drawnBatches, learningRate, workloadFiles } from './workload.ts';

/** What this side needs to know of the workload's description. */
const descriptionSchema = v.object({
  batch: v.number(),
  threads: v.number(),
  stepsPerRun: v.number(),
  config: v.object({ block: v.number() }),
  parameters: v.array(v.object({ name: v.string(), shape: v.array(v.number()) })),
});

type Description = v.InferOutput<typeof descriptionSchema>;

/** One turn: milliseconds a step, one number for each run of the graph, and the loss of each step. */
export interface TrainingTurn {
  readonly times: number[];
  readonly losses: number[];
}

/** Trains the workload in a folder; runs of the graph follow each other as in `trilu train`. */
export class Training {
  readonly #session: Session;
  readonly #description: Description;
  readonly #tokens: Int32Array;
  readonly #targets: Int32Array;
  #step = 0;

  private constructor(session: Session, description: Description, tokens: Int32Array, targets: Int32Array) {
    this.#session = session;
    this.#description = description;
    this.#tokens = tokens;
    this.#targets = targets;
  }

  /** @param sessionOptions further options of ONNX Runtime's */
  static async load(folder: string, sessionOptions: Readonly<Record<string, unknown>> = {}): Promise<Training> {
    const path = (name: keyof typeof workloadFiles): string => join(folder, workloadFiles[name]);
    const text = await readFile(path('description'), 'utf8');
    const description = v.parse(descriptionSchema, JSON.parse(text));
    const { threads } = description;
    const session = await open(path('program'), { device: 'cpu', threads, worker: false, sessionOptions });
    await session.setState(initialState(description, new Float32Array(await numbersIn(path('weights')))));
    const tokens = new Int32Array(await numbersIn(path('tokens')));
    return new Training(session, description, tokens, new Int32Array(await numbersIn(path('targets'))));
  }

  async run(steps: number): Promise<TrainingTurn> {
    const turn: TrainingTurn = { times: [], losses: [] };
    const { stepsPerRun } = this.#description;
    for (let made = 0; made < steps; made += stepsPerRun) {
      const count = Math.min(stepsPerRun, steps - made);
      const feeds = this.#feeds(count);
      const start = performance.now();
      const { loss } = await this.#session.step(feeds);
      turn.times.push((performance.now() - start) / count);
      turn.losses.push(...Array.from(loss?.data ?? [], Number));
    }
    return turn;
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }

  /** The next `count` batches, starting over after the last one drawn. */
  #feeds(count: number): Tensors {
    const { batch, config } = this.#description;
    const size = batch * config.block;
    const gather = (all: Int32Array): Int32Array => {
      const part = new Int32Array(count * size);
      for (let index = 0; index < count; index++) {
        const drawn = (this.#step + index) % drawnBatches;
        part.set(all.subarray(drawn * size, (drawn + 1) * size), index * size);
      }
      return part;
    };
    const shape = [count, batch, config.block];
    const feeds = {
      tokens: tensor('int32', shape, gather(this.#tokens)),
      targets: tensor('int32', shape, gather(this.#targets)),
      learning_rate: tensor('float32', [count], new Float32Array(count).fill(learningRate)),
      seed: tensor('int32', [], [0]),
    };
    this.#step += count;
    return feeds;
  }
}

/** A file of 4-byte numbers without a header, where it lies in memory: not copied, since memory is measured. */
async function numbersIn(path: string): Promise<ArrayBuffer> {
  const { size } = await stat(path);
  const bytes = new Uint8Array(size);
  const file = await openFile(path);
  try {
    for (let position = 0; position < size; ) {
      const { bytesRead } = await file.read(bytes, position);
      if (bytesRead === 0) throw new RangeError(`${path} became shorter`);
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
  return bytes.buffer;
}

/** The weights, read one after another from all of them; the optimizer's slots of zeros; step 0. */
function initialState({ parameters }: Description, weights: Float32Array): Tensors {
  const state: Record<string, Tensors[string]> = { step: tensor('int32', [], [0]) };
  let position = 0;
  for (const { name, shape } of parameters) {
    const size = shape.reduce((product, length) => product * length, 1);
    state[name] = tensor('float32', shape, weights.subarray(position, position + size));
    for (const slot of Object.keys(adamw.slots(adamw.with()))) {
      state[slotName(name, slot)] = tensor('float32', shape, new Float32Array(size));
    }
    position += size;
  }
  return state;
}
