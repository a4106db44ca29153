import { defineModel } from '../../../models/index.ts';
import { openCorpus } from '../../corpus/open-corpus.ts';
import { UserError } from '../../errors.ts';
import { requireVocabulary } from '../../export/hugging-face/read-model.ts';
import { readModelDirectory } from '../../runs/run-directory.ts';
import { splitTokens } from '../../text/split.ts';
import { evaluateText } from '../../trainer/evaluation.ts';
import type { EvaluateOptions } from '../evaluate.ts';
import { formatCharacters, formatCount } from '../format.ts';
import { opener } from '../running.ts';

/** `trilu evaluate`: the mean cross-entropy of a trained model over a part of a text. */
export async function runEvaluate(options: EvaluateOptions): Promise<void> {
  const trained = await readModelDirectory(options.source);
  const { config, weights } = trained;
  const corpus = await openCorpus(options.data, { vocabulary: requireVocabulary(trained, options.source) });
  const all = corpus.tokens;
  const tokens = options.split === 'all' ? all : splitTokens(all)[options.split];
  if (tokens.length <= config.blockSize) {
    const part = options.split === 'all' ? corpus.name : `The ${options.split} part of ${corpus.name}`;
    throw new UserError(
      `${part} is too short: it has ${formatCharacters(tokens.length)}, and this model needs at least ${config.blockSize + 1}.`,
    );
  }
  const loss = await evaluateText(defineModel(config), weights, tokens, opener(options));
  corpus.close();
  if (!Number.isFinite(loss)) throw new UserError(`The loss is ${loss}: the weights in ${options.source} are broken.`);
  const result = { loss, split: options.split, characters: tokens.length, data: corpus.name };
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(result)}\n`
      : `loss ${loss.toFixed(4)} nats a character (${options.split}: ${formatCount(tokens.length)} characters of ${corpus.name})\n`,
  );
}
