import { gpt } from '../../models/index.ts';
import { UserError } from '../../src/errors.ts';
import { writeOnnx } from '../../src/export/write-onnx.ts';
import { build, input, type NamedValue, producer, type Value } from '../../src/graph/index.ts';
import { plainProgram } from '../../src/model/index.ts';
import type { TrainedModel } from '../../src/model-directory/model-directory.ts';
import { open } from '../../src/runtime/node/open.ts';
import { type Tensors, tensor } from '../../src/runtime/tensor.ts';
import { requireTokenizer } from '../../src/text/tokenizers/index.ts';

/** Rows look at columns. */
export type Matrix = readonly (readonly number[])[];

/** What the nodes Trilu, Where and Softmax of a model say of a text of T characters: matrices of (T, T). */
export interface AttentionMatrices {
  /** Ones on and below the diagonal. */
  readonly visible: Matrix;
  /** `heads[layer][head]`. */
  readonly heads: readonly (readonly HeadMatrices[])[];
}

export interface HeadMatrices {
  /** What goes into Softmax: scores, and −∞ for the future. */
  readonly scores: Matrix;
  /** What comes out: rows sum to 1. */
  readonly weights: Matrix;
}

/**
 * Runs a trained model on a text and hands back what happens inside: the values are outputs of nodes of the model's own graph.
 * @throws UserError when the model is none of the GPT stages, or the text has characters that it does not know.
 */
export async function attentionMatrices(trained: TrainedModel, text: string): Promise<AttentionMatrices> {
  const { model, weights } = trained;
  if (model.definition.huggingFace !== gpt.huggingFace) {
    throw new UserError(`The picture is drawn from a run of gpt-nano or gpt, not of ${model.name}.`);
  }
  const ids = requireTokenizer(trained.tokenizer, 'The run').encode(text);
  const time = ids.length;
  const tokens = input('tokens', 'int32', [1, time]);
  const outputs = inside(trained, tokens);
  const session = await open(writeOnnx(build({ name: 'inside', inputs: { tokens }, outputs }), { weights }), {
    device: 'cpu',
  });
  try {
    const values = await session.run({ tokens: tensor('int32', [1, time], ids) });
    const [visible] = matrices(values, 'visible', time);
    if (visible === undefined) throw new Error('the mask is empty');
    const heads = Array.from({ length: Number(model.settings.layers) }, (_, layer) => {
      const weightsOfHeads = matrices(values, `weights.${layer}`, time);
      return matrices(values, `scores.${layer}`, time).map((scores, head) => ({
        scores,
        weights: weightsOfHeads[head] ?? [],
      }));
    });
    return { visible, heads };
  } finally {
    await session.dispose();
  }
}

/** The mask, and each layer's Where and Softmax: found by walking back from the weights that the model shows. */
function inside({ model }: TrainedModel, tokens: Value): readonly NamedValue[] {
  const shown: Value[] = [];
  model.logits(tokens, {
    ...plainProgram,
    tap: (name, value) => {
      if (name.startsWith('attention.')) shown.push(value);
    },
  });
  const layers = shown.map((weights) => ({ weights, scores: operand(weights, 'Softmax', 0) }));
  const [first] = layers;
  if (first === undefined) throw new Error('the model shows no attention');
  const visible = operand(operand(first.scores, 'Where', 0), 'Equal', 0); // Where(Equal(visible, 0), −∞, scores)
  return [
    { name: 'visible', value: visible },
    ...layers.flatMap(({ weights, scores }, layer) => [
      { name: `scores.${layer}`, value: scores },
      { name: `weights.${layer}`, value: weights },
    ]),
  ];
}

/** An operand of the node that makes a value; the node must be of the operator that the picture names. */
function operand(value: Value, operator: string, index: number): Value {
  const node = producer(value);
  const found = node?.inputs[index];
  if (node?.operator.name !== operator || found === undefined) {
    throw new Error(`expected the output of ${operator}, not of ${node?.operator.name ?? 'no node'}`);
  }
  return found;
}

/** A tensor (…, T, T) as a list of matrices. */
function matrices(values: Tensors, name: string, time: number): Matrix[] {
  const found = values[name];
  if (found?.type !== 'float32') throw new Error(`there is no output ${name} of type float32`);
  const rows = Array.from({ length: found.data.length / time }, (_, row) => [
    ...found.data.subarray(row * time, (row + 1) * time),
  ]);
  return Array.from({ length: rows.length / time }, (_, index) => rows.slice(index * time, (index + 1) * time));
}
