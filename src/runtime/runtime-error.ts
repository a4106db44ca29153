import { UserError } from '../errors.ts';

/** What went wrong inside the runtime, for programs that act on it (try another device, load a checkpoint …). */
export type RuntimeErrorKind =
  /** The model could not be made ready to run (an operator without a kernel, a damaged graph). */
  | 'load'
  /** A run failed (an index out of bounds, shapes that don't meet). */
  | 'run'
  /** There was not enough memory on the host or the device. */
  | 'out-of-memory'
  /** The GPU went away or its driver was reset. */
  | 'device-lost'
  /** A shader did not compile, or the GPU refused a command. */
  | 'shader'
  /** The worker that held the session ended by itself. */
  | 'worker'
  /** The session was disposed before or while the call waited. */
  | 'disposed';

/** Kinds after which a session can't go on: what it kept on the device is gone or no longer to be trusted. */
const fatalKinds: ReadonlySet<RuntimeErrorKind> = new Set([
  'out-of-memory',
  'device-lost',
  'shader',
  'worker',
  'disposed',
]);

/** Whether a session is over after an error of this kind. */
export function isFatal(kind: RuntimeErrorKind): boolean {
  return fatalKinds.has(kind);
}

/** A failure of the runtime or the device, as opposed to a mistake in what it was given (a `UserError`). */
export class RuntimeError extends Error {
  override readonly name: string = 'RuntimeError';
  readonly kind: RuntimeErrorKind;

  constructor(kind: RuntimeErrorKind, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.kind = kind;
  }
}

/** Messages that show the kind of an error, whatever was being done when it came: the first row that matches counts. */
const kindsByMessage: readonly (readonly [RegExp, RuntimeErrorKind])[] = [
  [/device (is |was )?lost|DXGI_ERROR_DEVICE|CUDA_ERROR_(ILLEGAL|LAUNCH|UNKNOWN)/i, 'device-lost'],
  // A GPU buffer that could not be allocated is reported only when it is used: "[Invalid Buffer] is invalid due to a previous error".
  [/out of memory|bad_alloc|failed to allocate|allocation failed|OOM\b|\[Invalid Buffer/i, 'out-of-memory'],
  [/Too many storage buffers|Invalid (ShaderModule|ComputePipeline|CommandBuffer)|WGSL|validation failed/i, 'shader'],
];

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Wraps what ONNX Runtime threw while loading or running; a `UserError` or a `RuntimeError` passes through. */
export function asRuntimeError(error: unknown, during: 'load' | 'run', subject: string): UserError | RuntimeError {
  if (error instanceof UserError || error instanceof RuntimeError) return error;
  const message = messageOf(error);
  const kind = kindsByMessage.find(([pattern]) => pattern.test(message))?.[1] ?? during;
  return new RuntimeError(kind, `${subject}: ${message}`, { cause: error });
}

/** An error as data, to be sent between threads. */
export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly exitCode?: 1 | 2;
  readonly kind?: RuntimeErrorKind;
}

/** Makes data of an error, of which `deserializeError` on the other side makes one of the same class. */
export function serializeError(error: unknown): SerializedError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  return {
    name: error.name,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error instanceof UserError ? { exitCode: error.exitCode } : {}),
    ...(error instanceof RuntimeError ? { kind: error.kind } : {}),
  };
}

/** Makes an error from its data, with the stack of the thread that threw it. */
export function deserializeError(carried: SerializedError): Error {
  const { message, exitCode, kind } = carried;
  const error =
    exitCode !== undefined
      ? new UserError(message, { exitCode })
      : kind !== undefined
        ? new RuntimeError(kind, message)
        : new Error(message);
  if (carried.stack !== undefined) error.stack = carried.stack;
  return error;
}
