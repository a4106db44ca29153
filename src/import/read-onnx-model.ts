import { UserError } from '../errors.ts';
import type { Model } from '../model/index.ts';
import { configFromJson } from '../model-directory/config.ts';
import { parameterShapes, type TrainedModel } from '../model-directory/model-directory.ts';
import { decodeModel } from '../onnx/codec.ts';
import { readTensor } from '../onnx/tensor-proto.ts';
import { tokenizerFromMetadata } from '../text/tokenizer-metadata.ts';

/**
 * A model as it was before it was exported: its configuration and tokenizer from the metadata, its weights from the initializers. Any
 * program of it can be made anew.
 * @param source what to call the file in an error, as the start of a sentence
 * @param models where its model is looked for by its name: the ladder unless told
 * @throws UserError for a file that trilu did not write, that has no weights in it (train, or with its data in another file), or whose
 *   weights are not float32 any more
 */
export function readOnnxModel(
  bytes: Uint8Array,
  source: string = 'The ONNX model',
  models?: readonly Model[],
): TrainedModel {
  const { graph, metadataProps = [] } = decodeModel(bytes, source);
  const metadata = new Map(metadataProps.map(({ key = '', value = '' }) => [key, value]));
  const config = parsed(metadata.get('trilu.config'), source);
  if (config === undefined) {
    throw new UserError(
      `${source} is not by trilu (it lacks the metadata entry trilu.config), so it is no model here.`,
    );
  }
  const tokenizer = tokenizerFromMetadata(Object.fromEntries(metadata), source);
  const stored = new Map((graph.initializer ?? []).map((tensor) => [tensor.name ?? '', tensor]));
  const model = configFromJson(config, source, models);
  const weights = new Map(
    [...parameterShapes(model)].map(([name, shape]): [string, Float32Array] => {
      const tensor = stored.get(name);
      if (tensor === undefined) throw new UserError(`${source} has no weights ${name} in it, so it is no whole model.`);
      const { type, dims, data } = readTensor(tensor);
      if (!(data instanceof Float32Array) || String(dims.map(Number)) !== String(shape)) {
        throw new UserError(
          `${source} holds ${name} as ${type} [${dims.join(', ')}], not as float32 [${shape.join(', ')}]: it was exported with another precision.`,
        );
      }
      return [name, data];
    }),
  );
  return { model, weights, ...(tokenizer === undefined ? {} : { tokenizer }) };
}

function parsed(text: string | undefined, source: string): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${source} has damaged metadata: they are no JSON.`, { cause });
  }
}
