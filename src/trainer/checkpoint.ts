import * as v from 'valibot';
import type { ModelConfig } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import { configFromJson, configToJson } from '../export/config.ts';
import { decodeSafetensors, encodeSafetensors } from '../export/safetensors/safetensors.ts';
import { type Tensors, tensor } from '../runtime/tensor.ts';
import type { TrainingSetup } from './setup.ts';

/** Which text a run learns, so that a resume can find it and tell it from another. */
export interface DataSource {
  /** The file's path, or undefined for the embedded corpus. */
  readonly path: string | undefined;
  readonly characters: number;
  /** SHA-256 of the text's UTF-8 bytes. */
  readonly sha256: string;
}

/** What trainer.json says. */
export interface TrainerRecord {
  /** Steps made. */
  readonly step: number;
  readonly config: ModelConfig;
  readonly vocabulary: readonly string[];
  readonly setup: TrainingSetup;
  readonly data: DataSource;
  /** Where the sampler of batches stands. */
  readonly dataPosition: readonly number[];
  /** Seconds trained, over all sessions. */
  readonly seconds: number;
}

/** Everything that a run needs to go on to the last bit. */
export interface Checkpoint {
  readonly record: TrainerRecord;
  /** The train program's state by the names of its inputs: parameters, moments and the step. */
  readonly state: Tensors;
}

const recordVersion = 1;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));

/** The form in which a setup stands in trainer.json, where its seed has a place of its own. */
const optionsSchema = v.object({
  steps: positive,
  batch: positive,
  schedule: v.object({ learningRate: v.number(), minimumLearningRate: v.number(), warmUp: count, decaySteps: count }),
  optimizer: v.object({
    beta1: v.number(),
    beta2: v.number(),
    epsilon: v.number(),
    weightDecay: v.number(),
    decayed: v.picklist(['matrices', 'all']),
    clip: v.number(),
  }),
  evaluateEvery: count,
  evaluateBatches: positive,
  sampleEvery: count,
  checkpointEvery: count,
  stepsPerRun: positive,
});

const recordSchema = v.object({
  version: v.number(),
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
  seed: v.number(),
  seconds: v.number(),
  data: v.object({ path: v.nullable(v.string()), characters: v.number(), sha256: v.string() }),
  data_position: v.array(v.number()),
  options: optionsSchema,
  config: v.unknown(),
  vocabulary: v.array(v.string()),
});

/** The text of trainer.json. */
export function encodeRecord({ step, seconds, data, dataPosition, setup, config, vocabulary }: TrainerRecord): string {
  const { seed, ...options } = setup;
  const json = {
    version: recordVersion,
    step,
    seed,
    seconds,
    data: { ...data, path: data.path ?? null },
    data_position: dataPosition,
    options,
    config: configToJson(config),
    vocabulary,
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/**
 * Reads trainer.json.
 * @throws UserError for a record that is damaged or of another version.
 */
export function decodeRecord(text: string, source: string): TrainerRecord {
  const parsed = v.safeParse(recordSchema, parseJson(text, source));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UserError(`${source} is damaged: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}.`);
  }
  const { step, seed, seconds, data, data_position: dataPosition, options, config, vocabulary } = parsed.output;
  return {
    step,
    seconds,
    dataPosition,
    vocabulary,
    setup: { ...options, seed },
    config: configFromJson(config, source),
    data: { ...data, path: data.path ?? undefined },
  };
}

function parseJson(text: string, source: string): unknown {
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

const recordKey = 'trainer';

/** training_state.safetensors: the state, and the record as metadata, so that one file holds all that must fit together. */
export function encodeCheckpoint({ record, state }: Checkpoint): Uint8Array {
  const tensors = Object.entries(state).map(([name, { type, shape, data }]) => {
    if (data instanceof Float32Array) return { name, type: 'F32' as const, shape, data };
    if (data instanceof Int32Array) return { name, type: 'I32' as const, shape, data };
    throw new TypeError(`${name} is of type ${type}, which no training state has`);
  });
  return encodeSafetensors(tensors, { [recordKey]: encodeRecord(record) });
}

/**
 * Reads training_state.safetensors.
 * @throws UserError when the file is cut short, damaged or of another version.
 */
export function decodeCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, source);
  const text = metadata[recordKey];
  if (text === undefined)
    throw new UserError(`${source} is no checkpoint of trilu: it lacks the metadata entry ${recordKey}.`);
  const state = [...tensors.values()].map(({ name, type, shape, data }) => {
    if (type === 'F32' && data instanceof Float32Array) return [name, tensor('float32', shape, data)] as const;
    if (type === 'I32' && data instanceof Int32Array) return [name, tensor('int32', shape, data)] as const;
    throw new UserError(`${source} is no checkpoint of trilu: ${name} is of type ${type}.`);
  });
  return { record: decodeRecord(text, source), state: Object.fromEntries(state) };
}
