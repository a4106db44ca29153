/** `trilu/node`: running models in Node.js, and the folders that training leaves. */
export { type OpenCorpusOptions, type OpenedCorpus, openCorpus, type TextFacts } from './corpus/open-corpus.ts';
export { diskFiles } from './runs/disk-files.ts';
export {
  RunDirectory,
  readCheckpoint,
  readForeignDirectory,
  readModelDirectory,
  writeModelDirectory,
} from './runs/run-directory.ts';
export type { DeviceReport } from './runtime/device-report.ts';
export type { Absence, Device, DeviceOption, Finding, Provider, RuntimePackage } from './runtime/devices/device.ts';
export type { NodeDevice } from './runtime/devices/node/node-device.ts';
export { defineDevice, deviceNamed } from './runtime/devices/node/node-devices.ts';
export type { Tolerance } from './runtime/devices/tolerance.ts';
export { devices } from './runtime/node/available.ts';
export { open } from './runtime/node/open.ts';
export { RuntimeError, type RuntimeErrorKind } from './runtime/runtime-error.ts';
