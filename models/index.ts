import { UserError } from '../src/errors.ts';
import { average } from './average.ts';
import { bigram } from './bigram.ts';
import { feedForward } from './feed-forward.ts';
import { gpt } from './gpt.ts';
import { head } from './head.ts';
import { layerNormStage } from './layer-norm.ts';
import type { Model, ModelConfig } from './model.ts';
import { multiHead } from './multi-head.ts';
import { residual } from './residual.ts';

export { type Context, type Initialization, type Model, type ModelConfig, plainContext } from './model.ts';

interface Stage {
  readonly define: (config: ModelConfig) => Model;
  readonly defaults: Omit<ModelConfig, 'model' | 'vocabularySize'>;
}

/** The lecture's first sizes: block 8, embedding 32. */
const small: Stage['defaults'] = {
  blockSize: 8,
  embedding: 32,
  layers: 1,
  heads: 1,
  dropout: 0,
  bias: true,
  activation: 'relu',
  tied: false,
  initialization: 'scaled',
  attentionScale: 'head',
  average: 'softmax',
};

const gptNano: Stage['defaults'] = {
  ...small,
  blockSize: 64,
  embedding: 128,
  layers: 4,
  heads: 4,
  bias: false,
  activation: 'gelu',
  tied: true,
};

/** The ladder, in the order in which the lecture climbs it. */
const stages: Readonly<Record<string, Stage>> = {
  bigram: { define: bigram, defaults: { ...small, layers: 0, heads: 0 } },
  average: { define: average, defaults: small },
  head: { define: head, defaults: small },
  'multi-head': { define: multiHead, defaults: { ...small, heads: 4 } },
  'feed-forward': { define: feedForward, defaults: { ...small, heads: 4 } },
  residual: { define: residual, defaults: { ...small, layers: 3, heads: 4 } },
  'layer-norm': { define: layerNormStage, defaults: { ...small, layers: 3, heads: 4 } },
  'gpt-nano': { define: gpt, defaults: gptNano },
  gpt: { define: gpt, defaults: { ...gptNano, blockSize: 256, embedding: 384, layers: 6, heads: 6, dropout: 0.2 } },
};

/** The names of the stages, bigram first. */
export const modelNames: readonly string[] = Object.keys(stages);

/**
 * The full configuration of a stage: its own defaults, and whatever is set beside them.
 * @throws UserError for an unknown name, or sizes that don't fit together.
 */
export function modelConfig(
  name: string,
  settings: Partial<Omit<ModelConfig, 'model'>> & { readonly vocabularySize: number },
): ModelConfig {
  const stage = stages[name];
  if (stage === undefined) {
    throw new UserError(`There is no model called ${name}; choose one of ${modelNames.join(', ')}.`, { exitCode: 2 });
  }
  const config = { ...stage.defaults, ...settings, model: name };
  checkConfig(config, stage);
  return config;
}

/** Defines the model that a configuration describes. */
export function defineModel(config: ModelConfig): Model {
  const stage = stages[config.model];
  if (stage === undefined) {
    throw new UserError(`There is no model called ${config.model}; choose one of ${modelNames.join(', ')}.`);
  }
  checkConfig(config, stage);
  return stage.define(config);
}

function checkConfig(config: ModelConfig, { define, defaults }: Stage): void {
  const { vocabularySize, blockSize, embedding, heads, layers, dropout } = config;
  const has: Readonly<Record<string, number>> = {
    vocabularySize: 1,
    blockSize: 1,
    embedding: 1,
    heads: defaults.heads,
    layers: defaults.layers,
  };
  for (const [what, size] of Object.entries({ vocabularySize, blockSize, embedding, heads, layers })) {
    const lowest = has[what] === 0 ? 0 : 1; // bigram has no heads and no layers
    if (Number.isSafeInteger(size) && size >= lowest) continue;
    throw new UserError(`${what} must be a whole number${lowest === 0 ? '' : ' above 0'}, not ${size}.`);
  }
  if (heads > 0 && embedding % heads !== 0) {
    throw new UserError(
      `An embedding of ${embedding} can't be shared out evenly among ${heads} heads; change one of them.`,
    );
  }
  if (!(dropout >= 0 && dropout < 1)) throw new UserError(`dropout must be at least 0 and below 1, not ${dropout}.`);
  if (define === gpt && config.attentionScale !== 'head') {
    throw new UserError(
      `${config.model} scales attention by the width of a head, as GPT-2 does; by that of the embedding only the stages before it can.`,
    );
  }
}
