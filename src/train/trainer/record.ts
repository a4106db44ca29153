import * as v from 'valibot';
import { UserError } from '../../errors.ts';
import type { ConfiguredModel, Model } from '../../model/index.ts';
import { configFromJson, configToJson, type ModelOrigin, moduleIn } from '../../model-directory/config.ts';
import { requireSize, type Tokenizer } from '../../text/tokenizer.ts';
import { CharacterTokenizer } from '../../text/tokenizers/characters.ts';
import { readTokenizer } from '../../text/tokenizers/index.ts';
import { adamw } from '../optimizers/adamw.ts';
import { optimizers } from '../optimizers/index.ts';
import type { OptimizerSetup } from '../optimizers/optimizer.ts';
import type { TrainingSetup } from './setup.ts';

/** Which text a run learns, so that a resume can find it and tell it from another. */
export interface DataSource {
  /** The file's path, from the run directory on if it is not absolute; undefined for the embedded corpus. */
  readonly path: string | undefined;
  readonly characters: number;
  /** SHA-256 of the text's UTF-8 bytes. */
  readonly sha256: string;
}

/** What trainer.json says. */
export interface TrainerRecord extends ModelOrigin {
  /** Steps made. */
  readonly step: number;
  readonly model: ConfiguredModel;
  readonly tokenizer: Tokenizer;
  readonly setup: TrainingSetup;
  readonly data: DataSource;
  /** Where the sampler of batches stands. */
  readonly dataPosition: readonly number[];
  /** The evaluation with the lowest validation loss so far; undefined before the first. */
  readonly best?: BestEvaluation | undefined;
  /** Seconds trained, over all sessions. */
  readonly seconds: number;
}

/** An evaluation that no later one has bettered yet. */
export interface BestEvaluation {
  readonly step: number;
  readonly validationLoss: number;
}

const recordVersion = 1;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

/** The form in which a setup stands in trainer.json, where its seed has a place of its own. */
const optionsSchema = v.object({
  steps: positive,
  batch: positive,
  parts: v.optional(positive, 1),
  rng: v.optional(v.picklist(['trilu', 'torch']), 'trilu'),
  schedule: v.object({ learningRate: v.number(), minimumLearningRate: v.number(), warmUp: count, decaySteps: count }),
  // Records from before there were others name none.
  optimizer: v.looseObject({ name: v.optional(v.string(), adamw.name) }),
  evaluateEvery: count,
  evaluateBatches: positive,
  sampleEvery: count,
  checkpointEvery: count,
  keep: v.optional(count, 1),
  patience: v.optional(count, 0),
  onDivergence: v.optional(v.picklist(['stop', 'skip']), 'stop'),
  stepsPerRun: positive,
});

const recordSchema = v.object({
  version: v.number(),
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
  seed: v.number(),
  seconds: v.number(),
  data: v.object({ path: v.nullable(v.string()), characters: v.number(), sha256: v.string() }),
  data_position: v.array(v.number()),
  best: v.optional(v.nullable(v.object({ step: count, validation_loss: v.number() }))),
  options: optionsSchema,
  config: v.unknown(),
  tokenizer: v.optional(v.unknown()),
  /** In records of older versions, which knew characters only. */
  vocabulary: v.optional(v.array(v.string())),
});

/** The text of trainer.json. */
export function encodeRecord(record: TrainerRecord): string {
  const { step, seconds, data, dataPosition, best, setup, model, module, tokenizer } = record;
  const { seed, ...options } = setup;
  const json = {
    version: recordVersion,
    step,
    seed,
    seconds,
    data: { ...data, path: data.path ?? null },
    data_position: dataPosition,
    best: best === undefined ? null : { step: best.step, validation_loss: best.validationLoss },
    options,
    config: configToJson(model, { module }),
    tokenizer: tokenizer.toJSON(),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/**
 * Reads trainer.json.
 * @param models where the model is looked for by its name: the ladder unless told
 * @throws UserError for a record that is damaged or of another version, or whose tokenizer is of no kind that is known here.
 */
export function decodeRecord(text: string, source: string, models?: readonly Model[]): TrainerRecord {
  const parsed = v.safeParse(recordSchema, parseRecordJson(text, source));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UserError(`${source} is damaged: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}.`);
  }
  const { step, seed, seconds, data, data_position: dataPosition, best, options } = parsed.output;
  const model = configFromJson(parsed.output.config, source, models);
  const tokenizer = tokenizerOf(parsed.output, source);
  requireSize(tokenizer, model.vocabulary);
  return {
    step,
    seconds,
    dataPosition,
    best: best == null ? undefined : { step: best.step, validationLoss: best.validation_loss },
    tokenizer,
    setup: { ...options, seed, optimizer: optimizerSetup(options.optimizer, source) },
    model,
    module: moduleIn(parsed.output.config),
    data: { ...data, path: data.path ?? undefined },
  };
}

/** The optimizer of a record. @throws UserError for one that is not defined here, and settings that it can't have */
function optimizerSetup({ name, ...settings }: { name: string }, source: string): OptimizerSetup {
  const optimizer = optimizers().find((known) => known.name === name);
  if (optimizer === undefined) {
    throw new UserError(
      `${source} names an optimizer that is not defined here, ${name}: load the module that defines it first.`,
    );
  }
  try {
    return optimizer.with(settings);
  } catch (cause) {
    throw new UserError(`${source} is damaged: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function tokenizerOf({ tokenizer, vocabulary }: v.InferOutput<typeof recordSchema>, source: string): Tokenizer {
  return vocabulary === undefined
    ? readTokenizer(tokenizer, `The tokenizer in ${source}`)
    : CharacterTokenizer.fromVocabulary(vocabulary);
}

/**
 * The JSON of a record of this version.
 * @throws UserError for anything else
 */
export function parseRecordJson(text: string, source: string): unknown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UserError(`${source} is damaged: it is no JSON.`);
  }
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
  if (version !== recordVersion) {
    throw new UserError(
      `${source} was written by another version of trilu (format ${String(version)}, this one reads ${recordVersion}); train anew, or use that version.`,
    );
  }
  return json;
}
