import { exportProgram } from '../../export/export-program.ts';
import { writeOnnx } from '../../export/write-onnx.ts';
import { build, input, scan } from '../../graph/index.ts';
import type { ConfiguredModel } from '../../model/index.ts';
import { evaluateProgram } from '../../programs/evaluate-program.ts';
import type { Weights } from '../../programs/parameters.ts';
import { parametersOf } from '../../programs/parameters.ts';
import type { Session } from '../../runtime/session.ts';
import { type Tensors, tensor } from '../../runtime/tensor.ts';
import { allBlocks, type Batch } from '../../text/batches.ts';
import type { Tokens } from '../../text/tokens.ts';
import { crossEntropy } from '../cross-entropy.ts';
import { meanOutputs } from './mean-outputs.ts';
import type { TrainerRecord } from './record.ts';

/**
 * The trainer's own evaluation graph: like the evaluate program, but the weights are fed, since they change, and many batches go
 * through in one run. tokens and targets int32 (batches, batch, time) and the parameters → loss float32 (batches).
 */
export function evaluationModel(model: ConfiguredModel): Uint8Array {
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
  return writeOnnx(build({ name: `${model.name} evaluation`, inputs, outputs: { loss: losses } }));
}

/** The batches that a run is judged by: so many of its own size, in the parts that it works them through in, which are the same blocks. */
export function evaluationSize({ setup, model }: Pick<TrainerRecord, 'setup' | 'model'>): {
  readonly batch: number;
  readonly block: number;
  readonly batches: number;
  readonly seed: number;
} {
  const { batch, parts, evaluateBatches, seed } = setup;
  return { batch: batch / parts, block: model.block, batches: evaluateBatches * parts, seed };
}

/** The tensors of batches of a text, as the programs take them. */
export function* batchTensors(batches: Iterable<Batch>): Generator<Tensors, void, undefined> {
  for (const batch of batches) yield tensorsOf(batch);
}

/** int32 `tokens` and `targets`, of the batch's own shape. */
export function tensorsOf({ shape, tokens, targets }: Batch): Tensors {
  return { tokens: tensor('int32', shape, tokens), targets: tensor('int32', shape, targets) };
}

/** How many positions of a text a batch judges: what it counts in a mean. */
export function targetCount({ targets }: Tensors): number {
  return targets?.data.length ?? 0;
}

/**
 * The mean loss over batches, in nats, each batch weighed by its positions.
 * @param session an evaluate program, or the trainer's own
 * @param parameters the weights, by name, where the program is fed them; other tensors are ignored.
 */
export async function meanLoss(session: Session, parameters: Tensors, batches: Iterable<Batch>): Promise<number> {
  const { loss } = await meanOutputs(session, parameters, batchTensors(batches), targetCount);
  return loss ?? Number.NaN;
}

/**
 * The mean loss of trained weights over a whole text, in nats: every character but the first is a target exactly once, each block
 * being read from its own beginning.
 * @param open opens an .onnx file.
 */
export function evaluateText(
  model: ConfiguredModel,
  weights: Weights,
  tokens: Tokens,
  open: (bytes: Uint8Array) => Promise<Session>,
): Promise<number> {
  return evaluateFile(exportProgram(evaluateProgram(model), { weights }), model.block, tokens, open);
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
    return await meanLoss(
      session,
      {},
      allBlocks(tokens, { batch: Math.max(1, Math.floor(tokensAtOnce / block)), block }),
    );
  } finally {
    await session.dispose();
  }
}
