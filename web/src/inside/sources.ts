import { modelNamed } from '../../../models/index.ts';
import { type ConfiguredModel, type Tokenizer, UserError, type Weights } from '../../../src/index.ts';
import {
  exportProgram,
  initialize,
  makeProgram,
  modelParameters,
  type ProgramName,
  presetFor,
} from '../../../src/parts.ts';
import { bytesOf, unpacked } from '../models/files.ts';
import type { NamedFile } from '../models/model-info.ts';
import { openedModel, shippedId } from '../models/opened-models.ts';
import type { ReadOutside } from './details.ts';
import type { GraphSource } from './protocol.ts';

/** The bytes of what is looked at. */
export interface SourceFile {
  readonly fileName: string;
  readonly title: string;
  readonly bytes: Uint8Array;
  readonly readOutside: ReadOutside;
}

/** What the rungs of the ladder are called as a source, before their names. */
const stagePrefix = 'stage:';
/** Untrained weights are drawn from the seed that the command line takes. */
const seed = 1337;

/**
 * Makes or reads the file of a source.
 * @throws UserError for a model that is gone, or that has no such program
 */
export function readSource(source: GraphSource): Promise<SourceFile> {
  return source.kind === 'files' ? fromFiles(source.files) : fromProgram(source.model, source.program);
}

async function fromProgram(id: string, program: ProgramName): Promise<SourceFile> {
  if (id.startsWith(stagePrefix)) {
    const stage = id.slice(stagePrefix.length);
    // As many characters as the model of the app knows, so that the two can be compared.
    const { tokenizer } = await openedModel(shippedId);
    const model = modelNamed(stage).configure({ vocabulary: tokenizer.size });
    const weights = program === 'train' ? new Map() : initialize(modelParameters(model), model.initialization, seed);
    return written(`${stage} (untrained)`, program, model, weights, tokenizer);
  }
  const { info, model, tokenizer, weights, decode } = await openedModel(id);
  if (weights !== undefined) return written(info.name, program, model, weights, tokenizer);
  if (decode !== undefined && program === 'decode')
    return whole(`${info.stage}-decode.onnx`, `${info.name}, decode`, decode);
  throw new UserError(`${info.name} has no float32 weights any more, so there is only its decode program to look at.`);
}

function written(
  name: string,
  program: ProgramName,
  model: ConfiguredModel,
  weights: Weights,
  tokenizer: Tokenizer,
): SourceFile {
  const made = makeProgram(program, model, { optimizer: presetFor(model.definition).optimizer });
  return whole(`${model.name}-${program}.onnx`, `${name}: ${program}`, exportProgram(made, { weights, tokenizer }));
}

function whole(fileName: string, title: string, bytes: Uint8Array): SourceFile {
  return { fileName, title, bytes, readOutside: async () => undefined };
}

/** An .onnx file of any tool, with the files beside it that have its weights. */
async function fromFiles(files: readonly NamedFile[]): Promise<SourceFile> {
  const all = await unpacked(files);
  const onnx = all.find(({ path }) => path.toLowerCase().endsWith('.onnx')) ?? (all.length === 1 ? all[0] : undefined);
  if (onnx === undefined) {
    throw new UserError('Among these files there is no .onnx file: drop the file of a model, of any tool.');
  }
  const name = onnx.path.split('/').at(-1) ?? onnx.path;
  return {
    fileName: name,
    title: name,
    bytes: await bytesOf(onnx.file, name),
    readOutside: async (location, offset, length) => {
      const file = all.find(
        ({ path }) =>
          path === location || path.endsWith(`/${location.split('/').at(-1)}`) || path === location.split('/').at(-1),
      )?.file;
      return file === undefined ? undefined : bytesOf(file.slice(offset, offset + length), location);
    },
  };
}
