/** `trilu/onnx`: .onnx and safetensors files: read, write, inspect, print. */
export { type WriteOptions, writeOnnx } from './export/write-onnx.ts';
export { decodeModel, encodeModel } from './onnx/codec.ts';
export { inspectModel, type ModelInspection } from './onnx/inspection.ts';
export { type ModelSummary, readModelSummary } from './onnx/metadata.ts';
export { printModel } from './onnx/print-model.ts';
export type { ByteSource } from './safetensors/byte-source.ts';
export { openSafetensors, type SafetensorsReader } from './safetensors/open-safetensors.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type SafetensorsTensor,
} from './safetensors/safetensors.ts';
