/** trilu in a browser: the runtime over onnxruntime-web. */
export { UserError } from './errors.ts';
export type { DeviceReport } from './runtime/device-report.ts';
export { RuntimeError, type RuntimeErrorKind } from './runtime/errors.ts';
export { type GenerateOptions, generate } from './runtime/generation.ts';
export { type SamplingOptions, sample } from './runtime/sampling.ts';
export type {
  DeviceName,
  Open,
  OpenOptions,
  Placement,
  ProgramDescription,
  RunOptions,
  Session,
  StatePair,
  ValueDescription,
} from './runtime/session.ts';
export {
  scalar,
  type Tensor,
  type TensorData,
  type TensorOf,
  type Tensors,
  type TensorType,
  tensor,
  zeros,
} from './runtime/tensor.ts';
export { devices } from './runtime/web/available.ts';
export { open } from './runtime/web/open.ts';
