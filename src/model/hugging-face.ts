import type { Settings } from '../settings/setting.ts';

/** A model's settings and how many tokens it has, read from another tool's folder. */
export interface ForeignConfig {
  readonly settings: Settings & { readonly vocabulary: number };
  /** What was given up, a sentence each. */
  readonly notes: readonly string[];
}

/** A tensor in another tool's folder. */
export interface ForeignTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How Hugging Face's tools know a type of model: what their folders say, and which tensors they hold. */
export interface HuggingFaceFormat {
  /** `model_type` of config.json. */
  readonly modelType: string;
  readonly architectures: readonly string[];
  /** What config.json says beside the settings that have a key of their own there. */
  readonly keys: (settings: Settings) => Readonly<Record<string, unknown>>;
  /** What a config.json asks for that the model does not compute, in words; undefined when there is nothing. */
  readonly differs: (json: Readonly<Record<string, unknown>>) => string | undefined;
  /**
   * Reads a config.json that another tool has written.
   * @param source where it stands, as the start of a sentence
   * @throws UserError naming the key that is missing or wrong
   */
  readonly read: (json: Readonly<Record<string, unknown>>, source: string) => ForeignConfig;
  /**
   * The parameter that a tensor of such a folder is; undefined for one that is no parameter, such as a mask.
   * @throws UserError for one that can't be in a model with these settings
   */
  readonly parameterName: (tensor: ForeignTensor, settings: Settings) => string | undefined;
  /** Tensors that the type always has and the model with these settings lacks: zeros in model.safetensors. */
  readonly zeros: (settings: Settings) => Iterable<readonly [name: string, size: number]>;
  /** The settings of the model that lacks them. */
  readonly withoutZeros: (settings: Settings) => Settings;
  /** A tensor that may be stored beside the one that the model with these settings uses in its place. */
  readonly tied: (settings: Settings) => { readonly name: string; readonly to: string } | undefined;
}
