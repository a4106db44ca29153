import { UserError } from '../../errors.ts';
import type { ConfiguredModel, GivenSettings, Model } from '../../model/index.ts';
import type { TrainedModel } from '../../model-directory/model-directory.ts';
import { splitTokens } from '../../text/split.ts';
import { requireSize, type Tokenizer, unitOf } from '../../text/tokenizer.ts';
import { CharacterTokenizer } from '../../text/tokenizers/characters.ts';
import type { Tokens } from '../../text/tokens.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { CheckpointEvent, TrainingEvent } from './events.ts';
import { LanguageModelTrainer, type TrainerEnvironment } from './language-model.ts';
import { newRecord } from './new-record.ts';
import { presetFor } from './presets.ts';
import type { DataSource } from './record.ts';
import { type Metrics, metricsOf } from './run-files.ts';
import { type SetupChanges, setupWith } from './setup-with.ts';
import { hexadecimal, sha256 } from './sha256.ts';
import { initialState, weightsOf } from './training-state.ts';

/** What is learned: a text, in characters unless a tokenizer is given; or tokens with the tokenizer that made them. */
export type TrainingSource =
  | { readonly text: string; readonly tokenizer?: Tokenizer; readonly tokens?: undefined }
  | { readonly tokens: Tokens; readonly tokenizer: Tokenizer; readonly text?: undefined };

/** How a text is learned. What is left out is as the model's definition says that it learns well. */
export type TrainTextOptions = TrainingSource &
  SetupChanges &
  TrainerEnvironment & {
    /** The model's settings, such as `block`. */
    readonly settings?: Omit<Partial<GivenSettings>, 'vocabulary'>;
    /** Hears of each event; training goes on when it is done with it. */
    readonly onEvent?: (event: TrainingEvent) => void | Promise<void>;
    /** Ends training after the steps under way; what was learned by then is given back. */
    readonly signal?: AbortSignal;
  };

/** A model that has learned a text. */
export interface LearnedModel extends TrainedModel {
  readonly tokenizer: Tokenizer;
  /** What was reported on the way, as metrics.jsonl would have it: the losses by step, in nats. */
  readonly metrics: readonly Metrics[];
  /** The last evaluation's loss, in nats; undefined when there was none. */
  readonly validationLoss: number | undefined;
  /** All that is needed to keep the run, or to go on with it by a `LanguageModelTrainer`. */
  readonly checkpoint: Checkpoint;
}

/**
 * Trains a model on a text: the first nine tenths are learned, the rest is what it is judged by. Nothing is written anywhere.
 * @param model a definition, or one whose settings are chosen for the tokenizer's size
 * @example
 * ```ts
 * import { train } from 'trilu';
 * import { gptNano } from 'trilu/models';
 * import { open } from 'trilu/node';
 *
 * const trained = await train(gptNano, { text: 'to be or not to be. '.repeat(100), steps: 200, open });
 * ```
 * @throws UserError for a text with no room for a block, settings that don't fit, a tokenizer that is not the model's, and when nothing is
 *   learned any more
 */
export async function train(model: Model | ConfiguredModel, options: TrainTextOptions): Promise<LearnedModel> {
  const { text, tokens: given, tokenizer: chosen, settings = {}, open, now, onEvent, signal, ...changes } = options;
  if ((text === undefined) === (given === undefined)) {
    throw new UserError('Training needs a text, or tokens with their tokenizer: give one of them.');
  }
  const tokenizer = chosen ?? CharacterTokenizer.fromText(text ?? '');
  const tokens = given ?? tokenizer.encode(text ?? '', 'The text');
  const configured = configuredFor(model, settings, tokenizer);
  const setup = setupWith(presetFor(configured.definition), changes);
  const split = splitTokens(tokens, { block: configured.block, unit: unitOf(tokenizer) });
  const data = await dataOf(text, tokens);
  const record = newRecord({ model: configured, setup, tokenizer, data, tokens: split });
  const checkpoint = { record, state: initialState(configured, setup) };
  const trainer = new LanguageModelTrainer(checkpoint, split, { open, ...(now === undefined ? {} : { now }) });
  const metrics: Metrics[] = [];
  let last: CheckpointEvent | undefined;
  for await (const event of trainer.events(signal)) {
    note(event, metrics);
    if (event.kind === 'checkpoint') last = event;
    await onEvent?.(event);
  }
  if (last === undefined) throw new Error('the trainer ended without a checkpoint');
  return {
    model: configured,
    tokenizer,
    weights: weightsOf(configured, last.checkpoint.state),
    metrics,
    validationLoss: metrics.findLast((line) => line.validation_loss !== undefined)?.validation_loss,
    checkpoint: last.checkpoint,
  };
}

function configuredFor(
  model: Model | ConfiguredModel,
  settings: Omit<Partial<GivenSettings>, 'vocabulary'>,
  tokenizer: Tokenizer,
): ConfiguredModel {
  if ('configure' in model) return model.configure({ ...settings, vocabulary: tokenizer.size });
  requireSize(tokenizer, model.vocabulary);
  return model.with(settings);
}

/** Adds what an event tells to the lines so far. */
function note(event: TrainingEvent, lines: Metrics[]): void {
  if (event.kind === 'steps') lines.push(metricsOf(event));
  const last = lines.at(-1);
  if (event.kind !== 'evaluation' || last === undefined) return;
  lines[lines.length - 1] = { ...last, validation_loss: event.validationLoss };
}

/** What a run's record says of a text that is nowhere but in memory. A page that is not secure has no hashes, and can't keep the run. */
async function dataOf(text: string | undefined, tokens: Tokens): Promise<DataSource> {
  const hashes: SubtleCrypto | undefined = globalThis.crypto.subtle;
  const bytes = text === undefined ? bytesOf(tokens) : new TextEncoder().encode(text);
  let characters = 0;
  for (const _ of text ?? []) characters += 1;
  return {
    path: undefined,
    characters: text === undefined ? tokens.length : characters,
    sha256: hashes === undefined ? '' : hexadecimal(await sha256(bytes)),
  };
}

function bytesOf(tokens: Tokens): Uint8Array {
  return new Uint8Array(tokens.subarray(0, tokens.length).slice().buffer);
}
