/** `trilu/node`: running models in Node.js, and the folders that training leaves. */
export { type OpenCorpusOptions, type OpenedCorpus, openCorpus } from './corpus/open-corpus.ts';
export {
  type FoundCheckpoint,
  RunDirectory,
  readCheckpoint,
  readForeignDirectory,
  readModelDirectory,
  writeModelDirectory,
} from './runs/run-directory.ts';
export type { DeviceReport } from './runtime/device-report.ts';
export { RuntimeError, type RuntimeErrorKind } from './runtime/errors.ts';
export { devices } from './runtime/node/available.ts';
export { open } from './runtime/node/open.ts';
