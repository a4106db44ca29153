import { dirname, join, resolve } from 'node:path';
import { huggingFaceAdditions, huggingFaceFiles } from '../../export/hugging-face-folder.ts';
import type { TrainedModel } from '../../model-directory/model-directory.ts';
import { decodeModel } from '../../onnx/codec.ts';
import type { GraphProto, NodeProto } from '../../onnx/protos.ts';
import { makeDirectory, writeFileAtomic } from '../../storage/atomic-file.ts';
import { opener } from '../running.ts';
import type { ExportOptions } from './export-options.ts';
import type { Source } from './export-sources.ts';
import { announce, type ExportedFile, precisionOf } from './exported-file.ts';
import { measuredLosses } from './measured-losses.ts';
import { textGenerationFeeds } from './trial-inputs.ts';

/** Writes a folder for Hugging Face's tools, or the missing files into a model directory, and runs each graph once. */
export async function exportHuggingFace(
  { model: load, directory, trainedIn }: Source,
  options: ExportOptions,
): Promise<ExportedFile[]> {
  const model = await load();
  const { opset, main, out } = options;
  const chosen = {
    precision: precisionOf(options),
    ...(opset === undefined ? {} : { opset }),
    ...(main === undefined ? {} : { form: main }),
  };
  const inPlace = trainedIn !== undefined && (out === undefined || resolve(out) === resolve(trainedIn));
  const files = inPlace ? huggingFaceAdditions(model, chosen) : huggingFaceFiles(model, chosen);
  const written: ExportedFile[] = [];
  for (const [path, content] of files) {
    const file = join(directory, path);
    announce(file);
    await makeDirectory(dirname(file));
    await writeFileAtomic(file, content);
    if (typeof content !== 'string' && path.endsWith('.onnx'))
      written.push(await tryOut(file, content, model, options));
  }
  const losses = await measuredLosses(model, trainedIn, options);
  return written.map((file) => ({ ...file, ...losses }));
}

async function tryOut(
  file: string,
  content: Uint8Array,
  { model, weights }: TrainedModel,
  options: ExportOptions,
): Promise<ExportedFile> {
  const { graph, opsetImport } = decodeModel(content, file);
  const session = await opener(options)(file);
  try {
    const feeds = textGenerationFeeds(session.program.inputs, model.block);
    const started = performance.now();
    await session.run(feeds);
    return {
      file,
      nodes: countNodes(graph),
      parameters: [...weights.values()].reduce((sum, { length }) => sum + length, 0),
      bytes: content.length,
      opset: opsetImport.find(({ domain = '' }) => domain === '')?.version ?? 0,
      milliseconds: performance.now() - started,
    };
  } finally {
    await session.dispose();
  }
}

function countNodes({ node = [] }: Pick<GraphProto, 'node'>): number {
  const inner = ({ attribute = [] }: NodeProto): number =>
    attribute.reduce((sum, { g }) => sum + (g === undefined ? 0 : countNodes(g)), 0);
  return node.reduce((sum, one) => sum + 1 + inner(one), 0);
}
