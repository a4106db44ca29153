import { type LineUp, torchAbsence, torchIsThere, torchSide, typescriptSide } from '../common/contestants.ts';
import { llamaSides } from '../llama/sides.ts';
import { formsOf, generateFileIn } from './precisions.ts';

/** What takes part in writing on this machine. @param dtype in which precision trilu's generate program is measured besides float32 */
export function decodeSides(folder: string, threads: number, dtype: string): LineUp {
  const trilu = (side: string, label: string, file: readonly string[] = []) => ({
    side,
    label,
    command: typescriptSide(new URL('./trilu.ts', import.meta.url), [folder, `${threads}`, side, ...file]),
  });
  const llama = llamaSides(folder, threads);
  const torch = torchIsThere();
  return {
    contestants: [
      trilu('generate', 'trilu, generate program'),
      trilu('host-loop', 'trilu, decode program in a loop'),
      trilu('host-loop-in-worker', 'the same, in a worker thread'),
      trilu('raw-steps', 'ONNX Runtime alone, decode program'),
      ...formsOf(dtype).map((form) => {
        const name = form.form === undefined ? form.dtype : `${form.dtype} by ${form.form}`;
        const { label, command } = trilu('generate', `trilu, generate program, ${name}`, [generateFileIn(form)]);
        return { side: `generate-${name.replace(' by ', '-')}`, label, command };
      }),
      ...(torch ? torchSides(folder, threads) : []),
      ...llama.contestants,
      {
        side: 'transformers-js',
        label: 'transformers.js',
        command: typescriptSide(new URL('../transformers-js/side.ts', import.meta.url), [folder, `${threads}`]),
      },
    ],
    absent: [...(torch ? [] : [torchAbsence]), ...llama.absent],
  };
}

/** PyTorch twice, with a GPT as people write it and with one tuned by hand. */
export function torchSides(folder: string, threads: number): LineUp['contestants'] {
  const script = new URL('../torch/write.py', import.meta.url);
  return [
    {
      side: 'torch',
      label: 'PyTorch, modules and torch.cat',
      command: torchSide(script, [folder, `${threads}`, 'module'], threads),
    },
    {
      side: 'torch-tuned',
      label: 'PyTorch, tuned by hand',
      command: torchSide(script, [folder, `${threads}`, 'tuned'], threads),
    },
  ];
}
