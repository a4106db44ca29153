import type { Model } from '../../models/model.ts';
import { exportProgram } from '../export/export-program.ts';
import { type Weights, writeOnnx } from '../export/write-onnx.ts';
import { build, input, scan } from '../graph/index.ts';
import { evaluateProgram } from '../programs/evaluate.ts';
import { parametersOf } from '../programs/parameters.ts';
import type { Session } from '../runtime/session.ts';
import { type Tensors, tensor } from '../runtime/tensor.ts';
import { allBlocks, type Batch } from '../text/batches.ts';
import type { Tokens } from '../text/tokens.ts';
import { crossEntropy } from '../train/cross-entropy.ts';
import type { TrainerRecord } from './record.ts';

/**
 * The trainer's own evaluation graph: like the evaluate program, but the weights are fed, since they change, and many batches go
 * through in one run. tokens and targets int32 (batches, batch, time) and the parameters → loss float32 (batches).
 */
export function evaluationModel(model: Model): Uint8Array {
  const tokens = input('tokens', 'int32', ['batch', 'time']);
  const targets = input('targets', 'int32', ['batch', 'time']);
  const loss = crossEntropy(model.logits(tokens), targets);
  const sequences = {
    tokens: input('tokens', 'int32', ['batches', 'batch', 'time']),
    targets: input('targets', 'int32', ['batches', 'batch', 'time']),
  };
  const { outputs } = scan({
    states: [],
    sequences: [
      { formal: tokens, sequence: sequences.tokens },
      { formal: targets, sequence: sequences.targets },
    ],
    outputs: [loss],
  });
  const [losses] = outputs;
  if (losses === undefined) throw new TypeError('the scan yields the losses');
  const inputs = [...Object.entries(sequences).map(([name, value]) => ({ name, value })), ...parametersOf(loss)];
  return writeOnnx(build({ name: `${model.config.model} evaluation`, inputs, outputs: { loss: losses } }));
}

/** The batches that a run is judged by: so many of its own size, in the parts that it works them through in, which are the same blocks. */
export function evaluationSize({ setup, config }: Pick<TrainerRecord, 'setup' | 'config'>): {
  readonly batch: number;
  readonly block: number;
  readonly batches: number;
  readonly seed: number;
} {
  const { batch, parts, evaluateBatches, seed } = setup;
  return { batch: batch / parts, block: config.blockSize, batches: evaluateBatches * parts, seed };
}

/** How many batches go through in one run: enough to amortise feeding the weights, few enough to stop soon on demand. */
const batchesPerRun = 20;

/**
 * The mean loss over batches, in nats, each batch weighed by its positions.
 * @param parameters the weights, by name; other tensors are ignored.
 */
export async function meanLoss(session: Session, parameters: Tensors, batches: Iterable<Batch>): Promise<number> {
  const names = new Set(session.program.inputs.map(({ name }) => name));
  const weights = Object.fromEntries(Object.entries(parameters).filter(([name]) => names.has(name)));
  let sum = 0;
  let positions = 0;
  for (const group of groups(batches)) {
    const shape = [group.length, ...(group[0]?.shape ?? [])];
    const joined = (part: (batch: Batch) => Int32Array): Int32Array =>
      Int32Array.from(group.flatMap((batch) => [...part(batch)]));
    const { loss } = await session.run({
      ...weights,
      tokens: tensor(
        'int32',
        shape,
        joined(({ tokens }) => tokens),
      ),
      targets: tensor(
        'int32',
        shape,
        joined(({ targets }) => targets),
      ),
    });
    for (const [index, batch] of group.entries()) {
      sum += Number(loss?.data[index]) * batch.targets.length;
      positions += batch.targets.length;
    }
  }
  return sum / positions;
}

/** Batches of one shape, as many as go through in one run. */
function* groups(batches: Iterable<Batch>): Generator<Batch[]> {
  let group: Batch[] = [];
  for (const batch of batches) {
    const [first] = group;
    if (first !== undefined && (group.length === batchesPerRun || String(first.shape) !== String(batch.shape))) {
      yield group;
      group = [];
    }
    group.push(batch);
  }
  if (group.length > 0) yield group;
}

/**
 * The mean loss of trained weights over a whole text, in nats: every character but the first is a target exactly once, each block
 * being read from its own beginning.
 * @param open opens an .onnx file.
 */
export function evaluateText(
  model: Model,
  weights: Weights,
  tokens: Tokens,
  open: (bytes: Uint8Array) => Promise<Session>,
): Promise<number> {
  return evaluateFile(exportProgram(evaluateProgram(model), { weights }), model.config.blockSize, tokens, open);
}

/** Tokens that go through the evaluate program at once: enough to keep the cores busy, few enough to need less memory than training. */
const tokensAtOnce = 2048;

/**
 * The same, by an evaluate program that is a file already.
 * @param block the model's block size
 */
export async function evaluateFile(
  file: Uint8Array,
  block: number,
  tokens: Tokens,
  open: (bytes: Uint8Array) => Promise<Session>,
): Promise<number> {
  const session = await open(file);
  try {
    let sum = 0;
    let positions = 0;
    for (const batch of allBlocks(tokens, { batch: Math.max(1, Math.floor(tokensAtOnce / block)), block })) {
      const { loss } = await session.run({
        tokens: tensor('int32', batch.shape, batch.tokens),
        targets: tensor('int32', batch.shape, batch.targets),
      });
      sum += Number(loss?.data[0]) * batch.targets.length;
      positions += batch.targets.length;
    }
    return sum / positions;
  } finally {
    await session.dispose();
  }
}
