import { Zip, ZipPassThrough } from 'fflate';
import { huggingFaceFiles, type TrainedModel } from '../../../src/index.ts';
import {
  browserRunFiles,
  type Checkpoint,
  checkpointFiles,
  exportProgram,
  makeProgram,
  runFiles,
  weightsOf,
} from '../../../src/parts.ts';
import type { ExportedProgramName } from './protocol.ts';
import { loadCheckpoint, runNames } from './saved-runs.ts';

/** A file to save. */
export interface SavedFile {
  readonly name: string;
  readonly content: Blob;
}

/** One of a run's programs as an .onnx file, with its weights as they were at the last checkpoint. */
export async function programFile(id: string, name: ExportedProgramName): Promise<SavedFile> {
  const {
    checkpoint: { record, state },
  } = await loadCheckpoint(id);
  const { model } = record;
  const program = makeProgram(name, model, { optimizer: record.setup.optimizer });
  const bytes = exportProgram(program, { weights: weightsOf(model, state), tokenizer: record.tokenizer });
  return { name: `${model.name}.${name}.onnx`, content: new Blob([bytes]) };
}

/**
 * A run as a directory in a zip: a model directory, with the .onnx files that other tools look for in `onnx/`, and all that is needed to
 * train on. `npx trilu generate`, `export` and `train --resume` take it once it is unpacked.
 */
export async function runZip(id: string): Promise<SavedFile> {
  const { checkpoint } = await loadCheckpoint(id);
  const { name } = await runNames(id);
  const files = browserRunFiles(id);
  const own = await checkpointFiles(checkpoint);
  const names = new Set(own.map(([file]) => file));
  const folder = folderName(name);
  const zip = new ZipWriter();
  for (const [file, content] of own) zip.add(`${folder}/${file}`, typeof content === 'string' ? [content] : content);
  for (const [file, content] of huggingFaceFiles(trainedOf(checkpoint))) {
    if (!names.has(file)) zip.add(`${folder}/${file}`, [content]);
  }
  // The text travels with the run; the embedded corpus is where trilu is.
  const text = checkpoint.record.data.path === undefined ? [] : [runFiles.text];
  const there = new Set(await files.list(''));
  for (const file of [runFiles.metrics, runFiles.samples, ...text]) {
    zip.add(`${folder}/${file}`, [there.has(file) ? await files.read(file, 'the file') : '']);
  }
  for (const file of await files.list(runFiles.best)) {
    const path = `${runFiles.best}/${file}`;
    zip.add(`${folder}/${path}`, [await files.read(path, 'the best model')]);
  }
  return { name: `${folder}.zip`, content: zip.end() };
}

function trainedOf({ record: { model, tokenizer, module }, state }: Checkpoint): TrainedModel {
  return { model, tokenizer, module, weights: weightsOf(model, state) };
}

/** A name that every file system takes. */
function folderName(name: string): string {
  return name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '') || 'run';
}

/** Weights are as good as random to a compressor: files are stored as they are. */
class ZipWriter {
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];
  readonly #zip: Zip;

  constructor() {
    this.#zip = new Zip((error, part) => {
      if (error !== null) throw error;
      // Parts of files come as views of what is held elsewhere.
      this.#parts.push(part.slice());
    });
  }

  add(name: string, parts: readonly (string | Uint8Array)[]): void {
    const file = new ZipPassThrough(name);
    this.#zip.add(file);
    for (const part of parts) file.push(typeof part === 'string' ? new TextEncoder().encode(part) : part);
    file.push(new Uint8Array(0), true);
  }

  end(): Blob {
    this.#zip.end();
    return new Blob(this.#parts, { type: 'application/zip' });
  }
}
