import type { Tensors } from '../../src/runtime/tensor.ts';
import type { Consumer } from './consumers/consumer.ts';
import { withFile } from './consumers/onnxruntime.ts';
import { type Form, isTextGeneration } from './forms.ts';
import type { Result } from './table.ts';
import { type Cell, compared, failure } from './verdict.ts';
import { keyOf, type WrittenForm, writeForm } from './written-form.ts';

/** The column that all others are compared with. */
export const reference = 'onnxruntime-node cpu';

/**
 * Exports forms into a folder, and tries each with ONNX Runtime on the CPU and with the consumers.
 * @param tell is called before each column with its name
 */
export async function measure(
  forms: readonly Form[],
  directory: string,
  consumers: readonly Consumer[],
  tell: (column: string) => void = () => {},
): Promise<Result[]> {
  const files = forms.map((form) => writeForm(form, directory));
  tell(reference);
  const outputs = new Map<string, Tensors>();
  const columns: [string, Cell[]][] = [[reference, await tryOnCpu(files, directory, outputs)]];
  for (const consumer of consumers) {
    tell(consumer.name);
    columns.push([consumer.name, await consumer.try(files, outputs)]);
  }
  return forms.map((form, index) => {
    const row = columns.flatMap(([name, cells]) => (cells[index] === undefined ? [] : [[name, cells[index]] as const]));
    return { form, cells: new Map(row) };
  });
}

/** Runs each file, and compares it with the program's default form where it must have the same numbers. @param outputs is filled */
async function tryOnCpu(
  files: readonly WrittenForm[],
  directory: string,
  outputs: Map<string, Tensors>,
): Promise<Cell[]> {
  const cells: Cell[] = [];
  const given = new Map<string, Tensors>(); // by yardsticks and sizes: many forms have the same
  const givenBy = async (yardstick: Form, { sizes }: Form['options']): Promise<Tensors> => {
    const key = JSON.stringify([keyOf(yardstick), sizes]);
    const known = given.get(key);
    if (known !== undefined) return known;
    const written = writeForm(yardstick, directory, sizes);
    const outputs = await withFile(written, 'cpu', written.trial);
    given.set(key, outputs);
    return outputs;
  };
  for (const file of files) {
    try {
      const actual = await withFile(file, 'cpu', file.trial);
      outputs.set(file.path, actual);
      const yardstick = yardstickOf(file);
      if (yardstick === undefined) {
        cells.push({ verdict: 'runs' });
        continue;
      }
      cells.push(compared(actual, await givenBy(yardstick, file.options), true));
    } catch (error) {
      cells.push(failure(error, file.path));
    }
  }
  return cells;
}

/**
 * The form that has the numbers which a form must have: the default one of its program, and for a graph of a Hugging Face folder the
 * decode program. None for that form itself, for rounded weights, and for texts that end early.
 */
function yardstickOf(form: Form): Form | undefined {
  const { file, options } = form;
  if (options.precision !== undefined || options.stop !== undefined) return undefined;
  const yardstick: Form = { ...form, file: isTextGeneration(file) ? 'decode' : file, options: {} };
  return keyOf(yardstick) === keyOf(form) ? undefined : yardstick;
}
