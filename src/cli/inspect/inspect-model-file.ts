import { dirname } from 'node:path';
import { inspectModel, type ModelInspection } from '../../onnx/inspection.ts';
import { printModel } from '../../onnx/print-model.ts';
import { readFileChecked } from '../../storage/atomic-file.ts';
import { type ExternalFile, externalFiles, externalProblem } from './external-files.ts';
import { type InspectedProgram, inspectedProgram } from './inspected-program.ts';
import { printable } from './printable.ts';
import type { TensorRow } from './tensor-rows.ts';

/** What `inspect` takes. */
export interface InspectOptions {
  /** An .onnx or .safetensors file, or a model or run directory. */
  readonly source: string;
  /** Whether each stored tensor is shown, with statistics of its numbers. */
  readonly parameters?: boolean;
  /** Whether the graph is printed. */
  readonly nodes?: boolean;
  readonly json?: boolean;
}

/** What `inspect` shows of an .onnx file. */
export interface FileReport extends Omit<ModelInspection, 'model' | 'tensors' | 'modelVersion'> {
  readonly file: string;
  readonly bytes: number;
  /** A string of digits beyond 2^53. */
  readonly modelVersion: number | string;
  readonly program: InspectedProgram;
  readonly tensors: readonly TensorRow[];
  readonly externalFiles: readonly ExternalFile[];
  /** The lines of the printed graph, with --nodes. */
  readonly graph?: readonly string[];
}

/**
 * Reads what is in an .onnx file, and checks the files beside it that hold its weights.
 * @throws UserError when it can't be read, is cut short, damaged, or not an ONNX file
 */
export async function inspectFile({ source, parameters = false, nodes = false }: InspectOptions): Promise<FileReport> {
  const bytes = await readFileChecked(source, 'the model');
  const { model, tensors, modelVersion, ...inspection } = inspectModel(bytes, source, { values: parameters || nodes });
  const folder = dirname(source);
  const external = await externalFiles(tensors, folder);
  const problems = [...inspection.problems, ...external.flatMap((file) => externalProblem(file) ?? [])];
  const program = inspectedProgram(inspection, problems);
  const rows = parameters
    ? await (await import('./tensor-rows.ts')).statisticsOfStored(tensors, folder, problems)
    : tensors.map(({ tensor, ...row }): TensorRow => row);
  return {
    file: source,
    bytes: bytes.length,
    program,
    ...inspection,
    modelVersion: typeof modelVersion === 'bigint' ? `${modelVersion}` : modelVersion,
    tensors: rows,
    externalFiles: external,
    problems,
    ...(nodes ? { graph: [...printModel(model)].map(printable) } : {}),
  };
}
