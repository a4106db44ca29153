import { type Corpus, loadCorpus } from '../../corpus/corpus.ts';
import { UserError } from '../../errors.ts';
import { exportFiles } from '../../export/export-program.ts';
import type { PrecisionOptions } from '../../export/precision/precision.ts';
import type { TrainedModel } from '../../model-directory/model-directory.ts';
import { evaluateProgram } from '../../programs/index.ts';
import { trainingText } from '../../runs/run-directory.ts';
import { splitTokens } from '../../text/split.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import { evaluateFile } from '../../train/trainer/evaluation.ts';
import { opener } from '../running.ts';
import type { ExportOptions } from './export-options.ts';
import { precisionOf } from './exported-file.ts';

/** The validation loss in the chosen precision and in float32, in nats. */
export interface MeasuredLosses {
  readonly loss?: number;
  readonly fp32Loss?: number;
}

/**
 * The loss of a trained model over the validation part of a text, in the chosen precision and in float32. The text is that of --data, or
 * the one that the run was trained on, or the embedded corpus. Nothing is measured for float32 and for fresh weights, or where no text
 * fits the model: then a line on stderr says so.
 * @param trainedIn the directory of the trained model
 */
export async function measuredLosses(
  { model, weights, tokenizer }: TrainedModel,
  trainedIn: string | undefined,
  options: ExportOptions,
): Promise<MeasuredLosses> {
  const precision = precisionOf(options);
  if (precision.dtype === 'fp32' || tokenizer === undefined || trainedIn === undefined) return {};
  const data = options.data ?? (await trainingText(trainedIn, [model.definition]));
  const corpus = await loadCorpus(data);
  const all = encoded(tokenizer, corpus, data !== undefined);
  if (all === undefined) {
    process.stderr.write('The loss was not measured: give the text that the model was trained on with --data.\n');
    return {};
  }
  const { validation } = splitTokens(all);
  if (validation.length <= model.block) {
    process.stderr.write(`The loss was not measured: the validation part of ${corpus.name} is shorter than a block.\n`);
    return {};
  }
  const measure = (of: PrecisionOptions): Promise<number> => {
    const file = exportFiles(evaluateProgram(model), { weights, precision: of });
    return evaluateFile(file.model, model.block, validation, opener(options));
  };
  return { loss: await measure(precision), fp32Loss: await measure({ dtype: 'fp32' }) };
}

/** The ids of a text; undefined where the model can't read it, and nobody has said that it can. */
function encoded(tokenizer: Tokenizer, { text, name }: Corpus, asked: boolean): Int32Array | undefined {
  try {
    return tokenizer.encode(text, name);
  } catch (error) {
    if (asked || !(error instanceof UserError)) throw error;
    return undefined;
  }
}
