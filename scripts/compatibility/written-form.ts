import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exportFiles } from '../../src/export/export-program.ts';
import { huggingFaceFiles } from '../../src/export/hugging-face-folder.ts';
import { suitsSegments } from '../../src/export/precision/precision.ts';
import type { ConfiguredModel } from '../../src/model/index.ts';
import { makeProgram, type ProgramName, type Sizes } from '../../src/programs/index.ts';
import { modelParameters } from '../../src/programs/parameters.ts';
import {
  type TextGenerationForm,
  type TextGenerationProgram,
  textGenerationProgram,
} from '../../src/programs/text-generation-program.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { someOptimizer, strongWeights, tinyModel } from '../../test/support/tiny-ladder.ts';
import { argumentsOf, type Form, isTextGeneration } from './forms.ts';
import { type Trial, textGenerationTrial, trialOf } from './trial.ts';

/** A form as it lies in a folder. */
export interface WrittenForm extends Form {
  /** The .onnx file. */
  readonly path: string;
  /** Other files that the .onnx file needs: those beside it with its weights. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
  readonly trial: Trial;
  /** What there is besides of a graph of a Hugging Face folder. */
  readonly textGeneration?: { readonly folder: string; readonly program: TextGenerationProgram };
  /** The names of the model's parameters. */
  readonly parameters: readonly string[];
  /** The characters in id order. */
  readonly vocabulary: readonly string[];
}

/** What the models know: small, and with a line's end, which pads prompts. */
const vocabulary: readonly string[] = Array.from('\n bcdefghij');
const tokenizer = CharacterTokenizer.fromVocabulary(vocabulary);

/** The model of a stage: its matrices are long enough to be cut into blocks that share a scale. */
function modelOf(stage: string): ConfiguredModel {
  return tinyModel(stage, { embedding: 32, vocabulary: vocabulary.length });
}

/** What tells a form from all others. */
export function keyOf(form: Form): string {
  return `${form.file} ${argumentsOf(form)}`.trim();
}

/** Exports a form into a folder of its own inside of `directory`. @param sizes what its trial feeds, unless those of the file */
export function writeForm(form: Form, directory: string, sizes: Sizes | undefined = form.options.sizes): WrittenForm {
  const folder = join(directory, keyOf(form).replaceAll(/\W+/g, '-'));
  const { file } = form;
  return isTextGeneration(file) ? writeGraph(form, file, folder) : writeProgram(form, file, folder, sizes);
}

function writeProgram(form: Form, name: ProgramName, folder: string, trialSizes: Sizes | undefined): WrittenForm {
  const { stage, options } = form;
  const { attention, cache, precision, sizes, externalData = false, opset, taps, stop, characters = false } = options;
  const model = modelOf(stage);
  const weights = strongWeights(model);
  const program = makeProgram(name, model, {
    optimizer: someOptimizer,
    taps: taps === undefined ? [] : [taps],
    ...(attention === undefined ? {} : { attention }),
    ...(cache === undefined ? {} : { cache }),
    ...(sizes === undefined ? {} : { sizes }),
    ...(stop === undefined ? {} : { stop: vocabulary.indexOf(stop) }),
    ...(characters ? { characters: vocabulary } : {}),
    segmented: suitsSegments(precision ?? { dtype: 'fp32' }),
  });
  const location = `${name}.onnx.data`;
  const exported = exportFiles(
    program,
    {
      weights,
      tokenizer,
      ...(precision === undefined ? {} : { precision }),
      ...(opset === undefined ? {} : { opset }),
    },
    externalData ? location : undefined,
  );
  const path = join(folder, `${name}.onnx`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, exported.model);
  const { data } = exported;
  if (data !== undefined) writeFileSync(join(folder, location), data);
  return {
    ...form,
    path,
    externalData: data === undefined ? [] : [{ path: location, data }],
    trial: trialOf(program, { weights, vocabulary, ...(trialSizes === undefined ? {} : { sizes: trialSizes }) }),
    parameters: namesOf(model),
    vocabulary,
  };
}

function writeGraph(form: Form, graph: TextGenerationForm, folder: string): WrittenForm {
  const { stage, options } = form;
  const { precision, opset } = options;
  const model = modelOf(stage);
  const files = huggingFaceFiles(
    { model, weights: strongWeights(model), tokenizer },
    {
      form: graph, // it is model.onnx, which tools take unless told
      ...(precision === undefined ? {} : { precision }),
      ...(opset === undefined ? {} : { opset }),
    },
  );
  for (const [file, content] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  const program = textGenerationProgram(model, graph);
  const [path] = files.map(([file]) => file).filter((file) => /^onnx\/model(_(fp16|quantized|q4))?\.onnx$/.test(file));
  if (path === undefined) throw new Error(`${keyOf(form)} has no model.onnx.`);
  return {
    ...form,
    path: join(folder, path),
    externalData: [],
    trial: textGenerationTrial(program),
    textGeneration: { folder, program },
    parameters: namesOf(model),
    vocabulary,
  };
}

function namesOf(model: ConfiguredModel): string[] {
  return modelParameters(model).map(({ name }) => name);
}
