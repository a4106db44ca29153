import type { Tensors } from '../../../src/runtime/tensor.ts';
import type { Cell } from '../verdict.ts';
import type { WrittenForm } from '../written-form.ts';

/** Something that reads .onnx files. */
export interface Consumer {
  /** As the head of its column. */
  readonly name: string;
  /** Tries files. @param expected what each gave with ONNX Runtime on the CPU, by its path @returns a cell for each, in order */
  try(files: readonly WrittenForm[], expected: ReadonlyMap<string, Tensors>): Promise<Cell[]>;
}

/** A consumer that takes one file after another. */
export function oneByOne(
  name: string,
  tryOne: (file: WrittenForm, expected: Tensors | undefined) => Cell | Promise<Cell>,
): Consumer {
  return {
    name,
    async try(files, expected) {
      const cells: Cell[] = [];
      for (const file of files) cells.push(await tryOne(file, expected.get(file.path)));
      return cells;
    },
  };
}
