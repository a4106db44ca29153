import { defineModel, type ModelConfig } from '../../../models/index.ts';
import { UserError } from '../../errors.ts';
import {
  endOfText,
  type TextGenerationForm,
  type TextGenerationProgram,
  textGenerationForms,
  textGenerationProgram,
} from '../../programs/text-generation.ts';
import { configToJson } from '../config.ts';
import { defaultOpset } from '../opsets.ts';
import { type Precision, type PrecisionOptions, withPrecision } from '../precision/precision.ts';
import { writeOnnx } from '../write-onnx.ts';
import { descriptionFiles, encodeWeights, modelFiles, type TrainedModel } from './model-directory.ts';

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

/** Ids by the keys that config.json has for them. */
export interface SpecialTokens {
  readonly bos_token_id?: number | null;
  readonly eos_token_id?: number | readonly number[] | null;
  readonly pad_token_id?: number | null;
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
export function huggingFaceFiles(model: TrainedModel, options: HuggingFaceOptions = {}): FolderFile[] {
  const { config, weights, vocabulary } = model;
  const described = descriptionFiles(config, vocabulary).filter(([name]) => name !== modelFiles.config);
  return [
    configFile(config, options),
    ...described,
    [modelFiles.weights, encodeWeights(config, weights)],
    ...graphFiles(model, options),
  ];
}

/**
 * What a model directory lacks of such a folder: `onnx/`, genai_config.json, and another config.json where the one there would not
 * lead to these graphs (of a stage before the GPTs, or not in float32). The rest is what training leaves.
 * @throws UserError as `huggingFaceFiles`
 */
export function huggingFaceAdditions(model: TrainedModel, options: HuggingFaceOptions = {}): FolderFile[] {
  const asItIs = isGpt(model.config) && dtypeOf(options) === dtypes.fp32;
  return [...(asItIs ? [] : [configFile(model.config, options)]), ...graphFiles(model, options)];
}

function graphFiles(model: TrainedModel, options: HuggingFaceOptions): FolderFile[] {
  const definition = defineModel(model.config);
  const programs = textGenerationForms.map((form) => textGenerationProgram(definition, form));
  const files = programs.map((program): FolderFile => {
    return [graphPath(program.form, options), textGenerationFile(program, model, options)];
  });
  return [...files, ...programs.flatMap((program) => genAiFile(program, options))];
}

function graphPath(form: TextGenerationForm, options: HuggingFaceOptions): string {
  return `onnx/${graphFileName(form, options)}${dtypeOf(options).suffix}.onnx`;
}

function isGpt({ model }: ModelConfig): boolean {
  return model.startsWith('gpt');
}

function configFile(config: ModelConfig, options: HuggingFaceOptions): FolderFile {
  const { specialTokens = {} } = options;
  const type = isGpt(config) ? {} : { model_type: foreignType };
  const dtype = { 'transformers.js_config': { dtype: dtypeOf(options).dtype } };
  return [modelFiles.config, jsonText({ ...configToJson(config), ...type, ...specialTokens, ...dtype })];
}

function textGenerationFile(
  { form, config, graph }: TextGenerationProgram,
  { weights, vocabulary }: TrainedModel,
  { opset, precision = { dtype: 'fp32' } }: HuggingFaceOptions,
): Uint8Array<ArrayBuffer> {
  const { program, opset: needed } = withPrecision({ name: 'forward', config, graph, state: [] }, weights, precision);
  if (opset !== undefined && opset < needed && precision.dtype !== 'fp32') {
    throw new UserError(
      `In ${precision.dtype} the graphs need opset ${needed} or newer, not ${opset}: leave the opset out or raise it.`,
      { exitCode: 2 },
    );
  }
  return writeOnnx(program.graph, {
    opset: opset ?? Math.max(defaultOpset, needed),
    weights,
    docString: `${config.model}: ${descriptions[form]}`,
    metadata: {
      'trilu.program': 'text-generation',
      'trilu.config': JSON.stringify(configToJson(config)),
      ...(vocabulary === undefined ? {} : { 'trilu.vocabulary': JSON.stringify(vocabulary) }),
    },
  });
}

/** genai_config.json: https://onnxruntime.ai/docs/genai/reference/config.html. It names the graph with keys and values. */
function genAiFile({ config, caches, scores }: TextGenerationProgram, options: HuggingFaceOptions): FolderFile[] {
  if (caches === undefined) return [];
  const { blockSize, embedding } = config;
  const { layers, heads, headSize } = caches;
  const never = endOfText(config);
  const { bos_token_id: begin, eos_token_id: end, pad_token_id: padding } = options.specialTokens ?? {};
  const content = {
    model: {
      type: 'decoder', // any decoder with a tensor of keys and one of values a layer; its gpt2 has both in one
      bos_token_id: begin ?? never,
      eos_token_id: end ?? never,
      pad_token_id: padding ?? never,
      vocab_size: scores,
      context_length: blockSize,
      decoder: {
        session_options: { log_id: 'onnxruntime-genai', provider_options: [] },
        filename: graphPath('cache', options),
        hidden_size: embedding,
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
      max_length: blockSize,
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
