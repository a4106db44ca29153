import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../models/index.ts';
import { exportProgram } from '../src/export/export-program.ts';
import { modelParameters, trainProgram } from '../src/programs/index.ts';
import { open } from '../src/runtime/node/open.ts';
import type { Session } from '../src/runtime/session.ts';
import { type Tensors, tensor } from '../src/runtime/tensor.ts';
import { momentNames } from '../src/train/moments.ts';
import type { Turn } from './peer.ts';
import { drawnBatches, learningRate, measuredModel, optimizer, type Workload, workloadFiles } from './workload.ts';

/** Trains the workload in a folder; runs of the graph follow each other as in `trilu train`. */
export class Training {
  readonly #session: Session;
  readonly #workload: Workload;
  readonly #tokens: Int32Array;
  readonly #targets: Int32Array;
  readonly #shape: readonly [batch: number, block: number];
  #step = 0;

  private constructor(
    session: Session,
    workload: Workload,
    model: Model,
    files: { tokens: Int32Array; targets: Int32Array },
  ) {
    this.#session = session;
    this.#workload = workload;
    this.#tokens = files.tokens;
    this.#targets = files.targets;
    this.#shape = [workload.batch, model.config.blockSize];
  }

  /** @param sessionOptions further options of ONNX Runtime's */
  static async load(folder: string, sessionOptions: Readonly<Record<string, unknown>> = {}): Promise<Training> {
    const read = async (name: string): Promise<ArrayBuffer> =>
      Uint8Array.from(await readFile(join(folder, name))).buffer;
    const workload: Workload = JSON.parse(await readFile(join(folder, workloadFiles.description), 'utf8'));
    const model = measuredModel(workload);
    const bytes = exportProgram(trainProgram(model, { optimizer }), { weights: new Map() });
    const session = await open(bytes, { device: 'cpu', threads: workload.threads, worker: false, sessionOptions });
    await session.setState(initialState(model, new Float32Array(await read(workloadFiles.weights))));
    const [tokens, targets] = await Promise.all([read(workloadFiles.tokens), read(workloadFiles.targets)]);
    return new Training(session, workload, model, { tokens: new Int32Array(tokens), targets: new Int32Array(targets) });
  }

  async run(steps: number): Promise<Turn> {
    const turn: Turn = { times: [], losses: [] };
    for (let made = 0; made < steps; made += this.#workload.stepsPerRun) {
      const count = Math.min(this.#workload.stepsPerRun, steps - made);
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
    const size = this.#shape[0] * this.#shape[1];
    const gather = (all: Int32Array): Int32Array => {
      const part = new Int32Array(count * size);
      for (let index = 0; index < count; index++) {
        const batch = (this.#step + index) % drawnBatches;
        part.set(all.subarray(batch * size, (batch + 1) * size), index * size);
      }
      return part;
    };
    const feeds = {
      tokens: tensor('int32', [count, ...this.#shape], gather(this.#tokens)),
      targets: tensor('int32', [count, ...this.#shape], gather(this.#targets)),
      learning_rate: tensor('float32', [count], new Float32Array(count).fill(learningRate)),
      seed: tensor('int32', [], [0]),
    };
    this.#step += count;
    return feeds;
  }
}

/** The weights, read one after another from all of them; moments of zeros; step 0. */
function initialState(model: Model, weights: Float32Array): Tensors {
  const state: Record<string, Tensors[string]> = { step: tensor('int32', [], [0]) };
  let position = 0;
  for (const { name, value } of modelParameters(model)) {
    const shape = value.shape.map(Number);
    const size = shape.reduce((product, length) => product * length, 1);
    state[name] = tensor('float32', shape, weights.slice(position, position + size));
    for (const moment of [momentNames.first(name), momentNames.second(name)]) {
      state[moment] = tensor('float32', shape, new Float32Array(size));
    }
    position += size;
  }
  return state;
}
