import { openCorpus } from '../corpus/open-corpus.ts';
import { UserError } from '../errors.ts';
import { splitTokens } from '../text/split.ts';
import { unitOf } from '../text/tokenizer.ts';
import { requireTokenizer } from '../text/tokenizers/index.ts';
import { evaluateText } from '../train/trainer/evaluation.ts';
import { formatCount, formatUnits } from './format.ts';
import type { RunningOptions } from './options.ts';
import { opener } from './running.ts';
import { readTrainedModel } from './trained-model.ts';

/** The parts of a text that a model can be evaluated on. */
export type Split = 'validation' | 'training' | 'all';

/** What `evaluate` takes. */
export interface EvaluateOptions extends RunningOptions {
  /** A model or run directory. */
  readonly source: string;
  /** The module that defines the model, where the one that the directory remembers is gone. */
  readonly model?: string;
  /** The text file; unset is the embedded corpus. */
  readonly data?: string;
  readonly split: Split;
  readonly json?: boolean;
}

/** `trilu evaluate`: prints the mean cross-entropy of a trained model over a part of a text. */
export async function measureLoss(options: EvaluateOptions): Promise<void> {
  const trained = await readTrainedModel(options.source, options.model);
  const { model, weights } = trained;
  const tokenizer = requireTokenizer(trained.tokenizer, options.source);
  const corpus = await openCorpus(options.data, { tokenizer });
  const unit = unitOf(tokenizer);
  const all = corpus.tokens;
  const tokens = options.split === 'all' ? all : splitTokens(all)[options.split];
  if (tokens.length <= model.block) {
    const part = options.split === 'all' ? corpus.name : `The ${options.split} part of ${corpus.name}`;
    throw new UserError(
      `${part} is too short: it has ${formatUnits(tokens.length, unit)}, and this model needs at least ${model.block + 1}.`,
    );
  }
  const loss = await evaluateText(model, weights, tokens, opener(options));
  corpus.close();
  if (!Number.isFinite(loss)) throw new UserError(`The loss is ${loss}: the weights in ${options.source} are broken.`);
  const result = { loss, split: options.split, [`${unit}s`]: tokens.length, data: corpus.name };
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(result)}\n`
      : `loss ${loss.toFixed(4)} nats a ${unit} (${options.split}: ${formatCount(tokens.length)} ${unit}s of ${corpus.name})\n`,
  );
}
