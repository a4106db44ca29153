import type { ProgramName } from '../../programs/program.ts';
import type { RunningOptions, SizePair } from '../options.ts';

/** What `export` takes. */
export interface ExportOptions extends RunningOptions {
  /** A model's name on the ladder, the path of a module, or a model or run directory; unset is every model of the ladder. */
  readonly source: string | undefined;
  /** The module that defines the model, where the one that the directory remembers is gone. */
  readonly model?: string;
  /** The folder to write into. */
  readonly out?: string;
  /** The text whose characters an untrained model knows, and on which a trained one's loss is measured; unset is the embedded corpus. */
  readonly data?: string;
  /** The programs to write; unset is all that exist with the other options. */
  readonly program?: readonly ProgramName[];
  /** Unset is 18, or higher where another option needs it. */
  readonly opset?: number;
  readonly dtype: 'fp32' | 'fp16' | 'int8' | 'int4';
  /** How int8 and int4 are written. */
  readonly quantized?: 'qdq' | 'matmulnbits' | 'matmulinteger';
  readonly format: 'onnx' | 'hf';
  /** Which graph of a Hugging Face folder is `onnx/model.onnx`. */
  readonly main?: 'window' | 'cache';
  /** How attention is computed. */
  readonly attention?: 'trilu' | 'fused' | 'group-query';
  /** Whether the decode program's cache grows or has a fixed size. */
  readonly cache?: 'grown' | 'fixed';
  /** Fixed sizes of `tokens` in place of symbolic ones. */
  readonly static?: SizePair;
  /** Whether large weights are written to a separate file beside each program. */
  readonly externalData?: boolean;
  /** The character that ends a text in the generate program. */
  readonly stop?: string;
  /** Whether the generate program takes and returns characters. */
  readonly characters?: boolean;
  /** The seed of the weights of an untrained model. */
  readonly seed?: number;
  /** Inner values that become outputs of the forward program. */
  readonly taps?: 'attention';
  readonly json?: boolean;
}
