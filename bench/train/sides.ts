import {
  type Contestant,
  type LineUp,
  torchAbsence,
  torchIsThere,
  torchSide,
  typescriptSide,
} from '../common/contestants.ts';
import { javascriptSides } from '../peers/sides.ts';

/** What takes part in training a workload of a model on this machine. */
export function trainSides(folder: string, model: string, threads: number): LineUp {
  const isSmall = model === 'gpt-nano';
  const torch: Contestant = {
    side: 'torch',
    label: 'PyTorch',
    command: torchSide(new URL('../torch/train.py', import.meta.url), [folder], threads),
  };
  return {
    contestants: [
      { side: 'trilu', label: 'trilu', command: typescriptSide(new URL('./trilu.ts', import.meta.url), [folder]) },
      ...(torchIsThere() ? [torch] : []),
      ...(isSmall ? javascriptSides(folder) : []),
    ],
    absent: [
      ...(torchIsThere() ? [] : [torchAbsence]),
      ...(isSmall
        ? []
        : [`jax-js and TensorFlow.js are compared with on gpt-nano: a step of ${model} takes them many seconds`]),
    ],
  };
}
