import { defineModel } from '../../../models/index.ts';
import { loadCorpus } from '../../corpus/corpus.ts';
import { exportFiles } from '../../export/export-program.ts';
import type { TrainedModel } from '../../export/hugging-face/model-directory.ts';
import type { PrecisionOptions } from '../../export/precision/precision.ts';
import { evaluateProgram } from '../../programs/index.ts';
import { trainingText } from '../../runs/run-directory.ts';
import { splitTokens } from '../../text/split.ts';
import { CharacterTokenizer } from '../../text/tokenizer.ts';
import { evaluateFile } from '../../trainer/evaluation.ts';
import type { ExportOptions } from '../export.ts';
import { opener } from '../running.ts';
import { precisionOf } from './exported-file.ts';

/** A validation loss in another precision, and in float32, in nats. */
export interface MeasuredLosses {
  readonly loss?: number;
  readonly fp32Loss?: number;
}

/**
 * What another precision costs: the loss of a trained model over the validation part of a text, beside that in float32. The text is
 * --data, or what the run was trained on, or the embedded corpus. Nothing for float32 itself and for fresh weights, nor where there is
 * no text that the model can read: then a line on stderr says so.
 * @param trainedIn the directory that a trained model comes from
 */
export async function measuredLosses(
  { config, weights, vocabulary }: TrainedModel,
  trainedIn: string | undefined,
  options: ExportOptions,
): Promise<MeasuredLosses> {
  const precision = precisionOf(options);
  if (precision.dtype === 'fp32' || vocabulary === undefined || trainedIn === undefined) return {};
  const data = options.data ?? (await trainingText(trainedIn));
  const corpus = await loadCorpus(data);
  const tokenizer = CharacterTokenizer.fromVocabulary(vocabulary);
  if (data === undefined && Array.from(corpus.text).some((character) => !tokenizer.has(character))) {
    process.stderr.write('The loss was not measured: name the text that the model has learned from with --data.\n');
    return {};
  }
  const { validation } = splitTokens(tokenizer.encode(corpus.text, corpus.name));
  if (validation.length <= config.blockSize) {
    process.stderr.write(`The loss was not measured: the validation part of ${corpus.name} is shorter than a block.\n`);
    return {};
  }
  const measure = (of: PrecisionOptions): Promise<number> => {
    const { model } = exportFiles(evaluateProgram(defineModel(config)), { weights, precision: of });
    return evaluateFile(model, config.blockSize, validation, opener(options));
  };
  return { loss: await measure(precision), fp32Loss: await measure({ dtype: 'fp32' }) };
}
