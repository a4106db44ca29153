import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web';
import type { Engine } from './engine.ts';
import { Guard } from './guard.ts';
import { asRuntimeError, RuntimeError } from './runtime-error.ts';
import type { DeviceName, Placement, ValueDescription } from './session.ts';
import { isTensorType, type Tensor, tensorAround } from './tensor.ts';

/** The part of ONNX Runtime's JavaScript API that onnxruntime-node and onnxruntime-web share and that we use. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(path: string, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
    create(bytes: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (
    type: OrtTensor.Type,
    data: OrtTensor.DataType | readonly string[],
    dims: readonly number[],
  ) => OrtTensor;
}

/** How tensors that stay on the device come back to the host. */
export interface Downloader {
  download(value: OrtTensor): Promise<OrtTensor.DataType>;
  dispose(): Promise<void>;
}

/** What tells a session that its device is lost. */
export interface DeviceWatch {
  /** Resolves when the device is lost, which may be never: what is under way then might not end by itself. */
  readonly lost: Promise<RuntimeError>;
  /** Ends the watch, before the session frees what it holds. */
  leave(): Promise<void>;
}

/** What an engine over ONNX Runtime is made from. */
export interface OnnxRuntimeModel {
  readonly runtime: OnnxRuntime;
  readonly device: DeviceName;
  readonly model: Uint8Array | string;
  readonly sessionOptions: InferenceSession.SessionOptions;
  readonly placement: () => Promise<readonly Placement[]>;
  /** Outputs that stay on the device; none unless told. */
  readonly kept?: ReadonlySet<string>;
  /** How these are read; by the tensor's own `getData` unless told. */
  readonly downloader?: Downloader;
  /** Asked once the model is loaded, where a device can be lost. */
  readonly watch?: () => DeviceWatch;
}

/** An engine over ONNX Runtime; its guard is for what else works with the session's device. */
export interface GuardedEngine extends Engine<OrtTensor> {
  readonly guard: Guard;
}

/** Errors are thrown: printing them too would say everything twice. */
const quiet: InferenceSession.RunOptions = { logSeverityLevel: 4 };

const ownDownloader: Downloader = { download: (value) => value.getData(), dispose: async () => undefined };

/** Loads a model into ONNX Runtime, of either package. @throws RuntimeError kind `load` */
export async function createEngine(options: OnnxRuntimeModel): Promise<GuardedEngine> {
  const { runtime, device, placement, kept = new Set(), downloader = ownDownloader, watch } = options;
  const session = await load(options);
  const watching = watch?.();
  const guard = new Guard(device, watching?.lost);
  // All outputs, always in this order: a subset of them leaves wrong locations behind in onnxruntime-node.
  const names = session.outputNames;
  return {
    device,
    inputs: session.inputMetadata.map(describeValue),
    outputs: session.outputMetadata.map(describeValue),
    upload: ({ type, shape, data }) => new runtime.Tensor(type, data, shape),
    download: async (value) =>
      toTensor(value, await (isOnHost(value) ? value.getData() : guard.run(() => downloader.download(value)))),
    describe: ({ type, dims }) => ({ type: tensorType(type), shape: dims }),
    release(value) {
      if (!guard.isLost) value.dispose();
    },
    run: (feeds) => guard.run(() => session.run(feeds, names, quiet)),
    placement,
    guard,
    async dispose() {
      if (guard.isLost) return;
      await watching?.leave();
      await downloader.dispose();
      await session.release();
    },
  };

  async function load({ model, sessionOptions }: OnnxRuntimeModel): Promise<InferenceSession> {
    const preferredOutputLocation = Object.fromEntries([...kept].map((name) => [name, 'gpu-buffer' as const]));
    const settings = { ...quiet, ...(kept.size === 0 ? {} : { preferredOutputLocation }), ...sessionOptions };
    try {
      return await (typeof model === 'string'
        ? runtime.InferenceSession.create(model, settings)
        : runtime.InferenceSession.create(model, settings));
    } catch (error) {
      throw asRuntimeError(error, 'load', `The model could not be loaded on ${device}`);
    }
  }
}

function isOnHost({ location }: OrtTensor): boolean {
  return location === 'cpu' || location === 'cpu-pinned';
}

function describeValue(value: InferenceSession.ValueMetadata): ValueDescription {
  if (!value.isTensor) throw new RuntimeError('load', `"${value.name}" is a sequence or a map, not a tensor.`);
  return { name: value.name, type: tensorType(value.type), shape: value.shape };
}

function tensorType(type: string): Tensor['type'] {
  if (!isTensorType(type)) throw new RuntimeError('load', `The element type ${type} is not supported.`);
  return type;
}

function toTensor({ type, dims }: OrtTensor, data: OrtTensor.DataType): Tensor {
  // Where JavaScript has Float16Array, ONNX Runtime hands out that; our float16 is the same bits.
  const bits = type === 'float16' && ArrayBuffer.isView(data);
  return tensorAround(tensorType(type), dims, bits ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data);
}
