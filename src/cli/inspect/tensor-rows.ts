import { UserError } from '../../errors.ts';
import { DataLocation } from '../../onnx/enums.ts';
import type { TensorProto } from '../../onnx/protos.ts';
import type { ExternalPlace, StoredTensor } from '../../onnx/stored-tensors.ts';
import { readTensor } from '../../onnx/tensor-proto.ts';
import { type ByteFile, openByteFile } from '../../storage/byte-file.ts';
import { externalPath } from './external-files.ts';
import { type TensorStatistics, tensorStatistics } from './tensor-statistics.ts';

/** What `inspect` shows of a stored tensor. */
export interface TensorRow extends Omit<StoredTensor, 'tensor'> {
  /** With --parameters, if its numbers can be read. */
  readonly statistics?: TensorStatistics;
}

/** Adds statistics to each tensor; why one can't be read is added to `problems`. @param folder the model's folder */
export async function statisticsOfStored(
  tensors: readonly StoredTensor[],
  folder: string,
  problems: string[],
): Promise<readonly TensorRow[]> {
  const files = new ExternalBytes(folder);
  try {
    const rows: TensorRow[] = [];
    for (const { tensor, ...row } of tensors) {
      const statistics = tensor === undefined ? undefined : await statisticsOf(row, tensor, files, problems);
      rows.push({ ...row, ...(statistics === undefined ? {} : { statistics }) });
    }
    return rows;
  } finally {
    await files.close();
  }
}

async function statisticsOf(
  { type, elements, external }: TensorRow,
  tensor: TensorProto,
  files: ExternalBytes,
  problems: string[],
): Promise<TensorStatistics | undefined> {
  try {
    const rawData = external === undefined ? undefined : await files.read(external);
    if (external !== undefined && rawData === undefined) return undefined; // externalProblem says why
    const inside = rawData === undefined ? tensor : { ...tensor, rawData, dataLocation: DataLocation.DEFAULT };
    return tensorStatistics(type, readTensor(inside).data, elements);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!problems.includes(error.message)) problems.push(error.message);
    return undefined;
  }
}

/** The files with a model's weights, each opened when the first of its tensors is read. */
class ExternalBytes {
  readonly #folder: string;
  readonly #files = new Map<string, ByteFile | undefined>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A tensor's bytes; undefined if the file is missing, too short or can't be read. */
  async read({ location, offset, length }: ExternalPlace): Promise<Uint8Array | undefined> {
    if (!this.#files.has(location)) this.#files.set(location, await this.#open(location));
    const file = this.#files.get(location);
    if (file === undefined || offset + length > file.size) return undefined;
    return file.read(offset, offset + length);
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file?.close();
  }

  async #open(location: string): Promise<ByteFile | undefined> {
    const path = externalPath(location, this.#folder);
    if (path === undefined) return undefined;
    return openByteFile(path, 'the weights').catch((error: unknown) => {
      if (error instanceof UserError) return undefined;
      throw error;
    });
  }
}
