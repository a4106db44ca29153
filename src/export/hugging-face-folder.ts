import { UserError } from '../errors.ts';
import type { ConfiguredModel } from '../model/index.ts';
import { configToJson } from '../model-directory/config.ts';
import { descriptionFiles, encodeWeights, modelFiles, type TrainedModel } from '../model-directory/model-directory.ts';
import {
  type CacheSizes,
  endOfText,
  type TextGenerationForm,
  type TextGenerationProgram,
  textGenerationForms,
  textGenerationProgram,
} from '../programs/text-generation-program.ts';
import { requireSize, type SpecialTokens } from '../text/tokenizer.ts';
import { tokenizerMetadata } from '../text/tokenizer-metadata.ts';
import { defaultOpset } from './opsets.ts';
import { type Precision, type PrecisionOptions, withPrecision } from './precision/precision.ts';
import { writeOnnx } from './write-onnx.ts';

export interface HuggingFaceOptions {
  /** 18 unless told, or the lowest that the graphs need. */
  readonly opset?: number;
  /** What the graphs' weights are stored as, float32 unless told; model.safetensors is float32 always. */
  readonly precision?: PrecisionOptions;
  /**
   * Which form is `onnx/model.onnx`, the one that tools take unless told; the other stands beside it under its own name.
   * `window` unless told.
   */
  readonly form?: TextGenerationForm;
  /** Where a text begins and ends and what pads it, for a model that has tokens for that; one of characters has none. */
  readonly specialTokens?: SpecialTokens;
}

/** A file of a folder: its path there, with slashes, and what it holds. */
export type FolderFile = readonly [path: string, content: string | Uint8Array];

/**
 * The type that the stages before the GPTs have for Hugging Face's libraries, which choose a program by it. transformers.js runs any
 * graph of a type that it knows; transformers in Python would take weights of other names for a GPT-2, and fill in random ones. This
 * one is known to the former, with GPT-2's keys, and not to the latter, which refuses it.
 */
const foreignType = 'jais';

/** What each form is, in a sentence for whoever opens the file. */
const descriptions: Readonly<Record<TextGenerationForm, string>> = {
  window:
    'Text generation of any length: what is kept are the ids, and the last block of them is computed anew each time.',
  cache: `Text generation up to the block's length, with keys and values kept. The last score is no character's: it is −∞ and never comes.`,
};

/** What transformers.js calls a precision (`dtype`), and how the names of its files end for it. */
const dtypes: Readonly<Record<Precision, { readonly dtype: string; readonly suffix: string }>> = {
  fp32: { dtype: 'fp32', suffix: '' },
  fp16: { dtype: 'fp16', suffix: '_fp16' },
  int8: { dtype: 'q8', suffix: '_quantized' },
  int4: { dtype: 'q4', suffix: '_q4' },
};

const dtypeOf = ({ precision }: HuggingFaceOptions): (typeof dtypes)[Precision] => dtypes[precision?.dtype ?? 'fp32'];

/** The name of a form's file in `onnx/`, without its ending for a precision and `.onnx`: what transformers.js wants as `model_file_name`. */
export function graphFileName(form: TextGenerationForm, { form: chosen = 'window' }: HuggingFaceOptions = {}): string {
  return form === chosen ? 'model' : `model_${form}`;
}

/**
 * The folder of a model as Hugging Face's tools read it: config.json, generation_config.json, the tokenizer's files (for a model of
 * characters), model.safetensors, `onnx/` with both forms of the graph, and, where the model has keys and values to keep,
 * genai_config.json for ONNX Runtime GenAI.
 * @throws UserError when the opset is none of ours, or below what the precision needs
 */
export function huggingFaceFiles(trained: TrainedModel, options: HuggingFaceOptions = {}): FolderFile[] {
  const { model, weights, tokenizer } = trained;
  if (tokenizer !== undefined) requireSize(tokenizer, model.vocabulary);
  const described = descriptionFiles(trained).filter(([name]) => name !== modelFiles.config);
  const { config, graphs } = graphFiles(trained, options);
  return [config, ...described, [modelFiles.weights, encodeWeights(model, weights)], ...graphs];
}

/**
 * What a model directory lacks of such a folder: `onnx/`, genai_config.json, and another config.json where the one there would not
 * lead to these graphs (of a stage before the GPTs, or not in float32). The rest is what training leaves.
 * @throws UserError as `huggingFaceFiles`
 */
export function huggingFaceAdditions(trained: TrainedModel, options: HuggingFaceOptions = {}): FolderFile[] {
  const isKnown = trained.model.definition.huggingFace !== undefined;
  const { config, graphs } = graphFiles(trained, options);
  return [...(isKnown && dtypeOf(options) === dtypes.fp32 ? [] : [config]), ...graphs];
}

/** The graphs with what goes along with them, and the config.json that leads to them. */
function graphFiles(
  trained: TrainedModel,
  options: HuggingFaceOptions,
): { readonly config: FolderFile; readonly graphs: readonly FolderFile[] } {
  const programs = textGenerationForms.map((form) => textGenerationProgram(trained.model, form));
  const files = programs.map((program): FolderFile => {
    return [graphPath(program.form, options), textGenerationFile(program, trained, options)];
  });
  return {
    config: configFile(trained, keptSizes(programs), options),
    graphs: [...files, ...programs.flatMap((program) => genAiFile(program, options))],
  };
}

/** What the graphs keep: keys and values; else one tensor a layer, which readers look for among the keys. */
function keptSizes(programs: readonly TextGenerationProgram[]): CacheSizes | undefined {
  const cache = programs.find(({ form }) => form === 'cache');
  const past = cache?.graph.inputs.filter(({ name }) => name.startsWith('past_key_values.')) ?? [];
  const [, heads, , headSize] = past[0]?.value.shape ?? [];
  const layers = past.length;
  return cache?.caches ?? (layers === 0 ? undefined : { layers, heads: Number(heads), headSize: Number(headSize) });
}

function graphPath(form: TextGenerationForm, options: HuggingFaceOptions): string {
  return `onnx/${graphFileName(form, options)}${dtypeOf(options).suffix}.onnx`;
}

function configFile(
  { model, module }: TrainedModel,
  sizes: CacheSizes | undefined,
  options: HuggingFaceOptions,
): FolderFile {
  const { specialTokens = {} } = options;
  const type = model.definition.huggingFace === undefined ? foreignConfig(sizes) : {};
  const dtype = { 'transformers.js_config': { dtype: dtypeOf(options).dtype } };
  return [
    modelFiles.config,
    jsonText({ ...type, ...configToJson(model, { module }), ...typeOf(model), ...specialTokens, ...dtype }),
  ];
}

/** The type of a model that Hugging Face's libraries have no name for. */
function typeOf({ definition }: ConfiguredModel): object {
  return definition.huggingFace === undefined ? { model_type: foreignType } : {};
}

/** The sizes that its readers look for, where the model's settings don't say them. */
function foreignConfig({ layers, heads, headSize }: CacheSizes = { layers: 0, heads: 1, headSize: 1 }): object {
  return { n_layer: layers, n_head: heads, n_embd: heads * headSize };
}

function textGenerationFile(
  { form, model, graph }: TextGenerationProgram,
  { weights, tokenizer }: TrainedModel,
  { opset, precision = { dtype: 'fp32' } }: HuggingFaceOptions,
): Uint8Array<ArrayBuffer> {
  const { program, opset: needed } = withPrecision({ name: 'forward', model, graph, state: [] }, weights, precision);
  if (opset !== undefined && opset < needed && precision.dtype !== 'fp32') {
    throw new UserError(
      `In ${precision.dtype} the graphs need opset ${needed} or newer, not ${opset}: leave the opset out or raise it.`,
      { exitCode: 2 },
    );
  }
  return writeOnnx(program.graph, {
    opset: opset ?? Math.max(defaultOpset, needed),
    weights,
    docString: `${model.name}: ${descriptions[form]}`,
    metadata: {
      'trilu.program': 'text-generation',
      'trilu.config': JSON.stringify(configToJson(model)),
      ...tokenizerMetadata(tokenizer),
    },
  });
}

/** genai_config.json: https://onnxruntime.ai/docs/genai/reference/config.html. It names the graph with keys and values. */
function genAiFile({ model, caches, scores }: TextGenerationProgram, options: HuggingFaceOptions): FolderFile[] {
  if (caches === undefined) return [];
  const { layers, heads, headSize } = caches;
  const never = endOfText(model);
  const { bos_token_id: begin, eos_token_id: end, pad_token_id: padding } = options.specialTokens ?? {};
  const content = {
    model: {
      type: 'decoder', // any decoder with a tensor of keys and one of values a layer; its gpt2 has both in one
      bos_token_id: begin ?? never,
      eos_token_id: end ?? never,
      pad_token_id: padding ?? never,
      vocab_size: scores,
      context_length: model.block,
      decoder: {
        session_options: { log_id: 'onnxruntime-genai', provider_options: [] },
        filename: graphPath('cache', options),
        hidden_size: heads * headSize,
        head_size: headSize,
        num_attention_heads: heads,
        num_key_value_heads: heads,
        num_hidden_layers: layers,
        inputs: {
          input_ids: 'input_ids',
          attention_mask: 'attention_mask',
          past_key_names: 'past_key_values.%d.key',
          past_value_names: 'past_key_values.%d.value',
        },
        outputs: {
          logits: 'logits',
          present_key_names: 'present.%d.key',
          present_value_names: 'present.%d.value',
        },
      },
    },
    search: {
      do_sample: true,
      temperature: 1,
      top_k: 0,
      top_p: 1,
      repetition_penalty: 1,
      num_beams: 1,
      num_return_sequences: 1,
      min_length: 0,
      max_length: model.block,
      early_stopping: true,
      length_penalty: 1,
      no_repeat_ngram_size: 0,
      diversity_penalty: 0,
      past_present_share_buffer: false, // the caches grow: each run gives larger ones than it took
    },
  };
  return [['genai_config.json', jsonText(content)]];
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
