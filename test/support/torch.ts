import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GptSettings } from '../../bench/common/models.ts';
import type { OptimizerSetup } from '../../src/train/optimizers/optimizer.ts';
import { debianPath } from './debian.ts';

/** A tensor on its way to Python or back: numpy's name of the type, and the bytes in base64. */
export interface TorchTensor {
  readonly type: 'float32' | 'float64' | 'int32';
  readonly shape: readonly number[];
  readonly data: string;
}

interface ModelCase {
  readonly config: GptSettings;
  readonly weights: Readonly<Record<string, TorchTensor>>;
  readonly tokens: TorchTensor;
  readonly targets: TorchTensor;
}

/** One step's gradients, in float64. */
export type GradientsCase = ModelCase;

/** As many steps of torch.optim's AdamW or SGD as there are rates; tokens and targets are (steps, batch, time). */
export interface TrainCase extends ModelCase {
  readonly type: 'float32' | 'float64';
  readonly optimizer: OptimizerSetup;
  readonly learningRates: readonly number[];
}

/** The loss of scores and its gradient by them, in float64. */
export interface CrossEntropyCase {
  readonly logits: TorchTensor;
  readonly targets: TorchTensor;
}

/** What test/torch/reference.py is asked. */
export interface TorchQuestions {
  readonly gradients: readonly GradientsCase[];
  readonly train: readonly TrainCase[];
  readonly crossEntropy: readonly CrossEntropyCase[];
}

/** What it answers, case by case. */
export interface TorchAnswers {
  readonly gradients: readonly { loss: number; gradients: Readonly<Record<string, TorchTensor>> }[];
  readonly train: readonly {
    losses: readonly number[];
    norms: readonly number[];
    weights: Readonly<Record<string, TorchTensor>>;
  }[];
  readonly crossEntropy: readonly { loss: number; gradient: TorchTensor }[];
}

/** Debian's Python with its torch package, or undefined; see `debianPath`. */
export function pythonWithTorch(): string | undefined {
  const torch = debianPath('/usr/lib/python3/dist-packages/torch/__init__.py', 'python3-torch');
  return torch === undefined ? undefined : debianPath('/usr/bin/python3', 'python3-torch');
}

/** Has everything answered by one Python process: importing torch alone takes seconds. */
export function askTorch(python: string, questions: TorchQuestions): TorchAnswers {
  const script = fileURLToPath(new URL('../torch/reference.py', import.meta.url));
  const options = { input: JSON.stringify(questions), encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  return JSON.parse(execFileSync(python, ['-B', script], options));
}

export function toTorch(shape: readonly number[], data: Float32Array | Int32Array): TorchTensor {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { type: data instanceof Int32Array ? 'int32' : 'float32', shape, data: bytes.toString('base64') };
}

/** The elements of a float64 tensor. */
export function fromTorch({ data }: TorchTensor): Float64Array {
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
  return new Float64Array(bytes.buffer);
}
