/** `trilu/node`: running models in Node.js, and the folders that training leaves. */
export { type Metrics, RunDirectory, readCheckpoint, readModelDirectory } from './runs/run-directory.ts';
export { RuntimeError, type RuntimeErrorKind } from './runtime/errors.ts';
export { open } from './runtime/node/open.ts';
