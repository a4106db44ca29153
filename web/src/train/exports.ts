import { Zip, ZipPassThrough } from 'fflate';
import { defineModel } from '../../../models/index.ts';
import {
  type Checkpoint,
  checkpointFiles,
  decodeSafetensors,
  exportProgram,
  huggingFaceFiles,
  initialState,
  makeProgram,
  runFiles,
  type TrainedModel,
  weightsOf,
} from '../../../src/index.ts';
import type { ExportedProgramName } from './protocol.ts';
import { readRunFile, readRunText } from './run-store.ts';
import { loadCheckpoint, runNames, storedFiles } from './saved-runs.ts';

/** A file to save. */
export interface SavedFile {
  readonly name: string;
  readonly content: Blob;
}

/** One of a run's programs as an .onnx file, with its weights as they were at the last checkpoint. */
export async function programFile(id: string, name: ExportedProgramName): Promise<SavedFile> {
  const { record, state } = await loadCheckpoint(id);
  const model = defineModel(record.config);
  const program = makeProgram(name, model, { optimizer: record.setup.optimizer });
  const bytes = exportProgram(program, { weights: weightsOf(model, state), vocabulary: record.vocabulary });
  return { name: `${record.config.model}.${name}.onnx`, content: new Blob([bytes]) };
}

/**
 * A run as a directory in a zip: a model directory, with the .onnx files that other tools look for in `onnx/`, and all that is needed to
 * train on. `npx trilu generate`, `export` and `train --resume` take it once it is unpacked.
 */
export async function runZip(id: string): Promise<SavedFile> {
  const { record, state } = await loadCheckpoint(id);
  const { name } = await runNames(id);
  // The text travels with the run; the embedded corpus is where trilu is.
  const text = record.data.path === undefined ? undefined : await readRunFile(id, storedFiles.text);
  const checkpoint: Checkpoint = { record, state };
  const trained = trainedOf(checkpoint);
  const own = await checkpointFiles(checkpoint);
  const names = new Set(own.map(([file]) => file));
  const folder = folderName(name);
  const zip = new ZipWriter();
  for (const [file, content] of own) zip.add(`${folder}/${file}`, typeof content === 'string' ? [content] : content);
  for (const [file, content] of huggingFaceFiles(trained)) {
    if (!names.has(file)) zip.add(`${folder}/${file}`, [content]);
  }
  for (const log of [storedFiles.metrics, storedFiles.samples]) {
    zip.add(`${folder}/${log}`, [(await readRunText(id, log)) ?? '']);
  }
  if (text !== undefined) {
    zip.add(`${folder}/${runFiles.text}`, [new Uint8Array(await text.arrayBuffer())]);
  }
  const best = await bestModel(id, trained);
  if (best !== undefined) {
    for (const [file, content] of huggingFaceFiles(best).filter(([file]) => !file.startsWith('onnx/'))) {
      zip.add(`${folder}/${runFiles.best}/${file}`, [content]);
    }
  }
  return { name: `${folder}.zip`, content: zip.end() };
}

function trainedOf({ record: { config, vocabulary }, state }: Checkpoint): TrainedModel {
  return { config, vocabulary, weights: weightsOf(defineModel(config), state) };
}

async function bestModel(id: string, { config, vocabulary }: TrainedModel): Promise<TrainedModel | undefined> {
  const file = await readRunFile(id, storedFiles.best);
  if (file === undefined) return undefined;
  const { tensors } = decodeSafetensors(new Uint8Array(await file.arrayBuffer()), storedFiles.best);
  const names = Object.keys(initialState(defineModel(config), 0));
  const weights = new Map(
    [...tensors].flatMap(([name, { data }]): [string, Float32Array][] =>
      names.includes(name) && data instanceof Float32Array ? [[name, data]] : [],
    ),
  );
  return { config, weights, ...(vocabulary === undefined ? {} : { vocabulary }) };
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
