import type { TrainedModel } from '../model-directory/model-directory.ts';
import { makeProgram, type ProgramName, type ProgramOptions } from '../programs/index.ts';
import { type ExportOptions, exportProgram } from './export-program.ts';

/** How a trained model is exported: what the program may be told, and the file. */
export interface ExportModelOptions extends ProgramOptions, Pick<ExportOptions, 'opset' | 'precision'> {}

/**
 * One of a trained model's programs as the bytes of an .onnx file, with its weights and its tokenizer.
 * @param program which; `generate` unless told, the whole writing of a text in one run
 * @example
 * ```ts
 * writeFileSync('model.onnx', exportModel(trained, 'decode'));
 * ```
 * @throws GraphError when an operator is newer than the opset, or weights are missing or of the wrong size
 * @throws UserError when the tokenizer is of another size than the model's vocabulary
 */
export function exportModel(
  { model, weights, tokenizer }: TrainedModel,
  program: ProgramName = 'generate',
  options: ExportModelOptions = {},
): Uint8Array<ArrayBuffer> {
  const { opset, precision, ...forProgram } = options;
  return exportProgram(makeProgram(program, model, forProgram), {
    weights,
    tokenizer,
    ...(opset === undefined ? {} : { opset }),
    ...(precision === undefined ? {} : { precision }),
  });
}
