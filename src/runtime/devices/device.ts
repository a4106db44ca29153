import type { OpenOptions } from '../session.ts';
import type { Tolerance } from './tolerance.ts';

/** ONNX Runtime's packages; of onnxruntime-web its builds. */
export type RuntimePackage = 'onnxruntime-node' | 'onnxruntime-web/wasm' | 'onnxruntime-web/webgpu';

/** An execution provider of ONNX Runtime as its session options name it, with options of its own or without. */
export type Provider = string | { readonly name: string; readonly [option: string]: unknown };

/** Where the state of a session (parameters, moments, caches) stays between two runs. */
export type StateLocation = 'host' | 'gpu-buffer';

/** An option that only one device takes: a key of the device's own options, such as `deviceId` in `cuda: { deviceId: 1 }`. */
export interface DeviceOption {
  /** The command line's flag for it, such as `--cuda-device`. */
  readonly flag: string;
  /** `switch` is on when the flag is given, `index` takes a whole number from 0. */
  readonly kind: 'switch' | 'index';
  /** What it does, for `--help`. */
  readonly description: string;
}

/** What a device is in Node and in a browser alike. */
export interface Device {
  /** How it is asked for: `open(model, { device: 'cuda' })`, `--device cuda`. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly description: string;
  /** Its place in the order of `auto`, which tries the highest rank first. Without a rank it is used only when asked for by name. */
  readonly rank?: number;
  /** The package that serves it: onnxruntime-node in Node and the wasm build of onnxruntime-web in a browser unless told. */
  readonly runtime?: RuntimePackage;
  /** The execution providers that models are opened with, in ONNX Runtime's own form. */
  readonly providers: readonly Provider[] | ((options: OpenOptions) => readonly Provider[]);
  /** The name that ONNX Runtime's log has for the provider: `CPUExecutionProvider`. `session.placement()` and `strict` go by it. */
  readonly executionProvider: string;
  /** Options of ONNX Runtime's session; those of `open` win over them. */
  readonly sessionOptions?: Readonly<Record<string, unknown>>;
  /** `gpu-buffer` needs a provider that can leave its outputs in buffers of WebGPU. `host` unless told. */
  readonly state?: StateLocation;
  /** Whether a training step is quicker when it works through its batch in parts: true of processors, whose caches are small. */
  readonly splitsBatch?: boolean;
  readonly tolerance?: Tolerance;
  /** The options that only this device takes, by key: `open` has them under the device's name, the command line as flags. */
  readonly options?: Readonly<Record<string, DeviceOption>>;
  /**
   * Checks the device's own options whenever a model is opened, on whatever device, so that a mistake shows everywhere.
   * @throws UserError
   */
  readonly checkOptions?: (options: OpenOptions) => void;
}

/** Why a device is missing or worse than it could be, and what to do about it: clauses without a full stop. */
export interface Absence {
  readonly reason: string;
  readonly remedy: string;
}

/** What a look at a device has found. */
export interface Finding extends Partial<Absence> {
  /** Whether a model can be opened on it. */
  readonly available: boolean;
  /** Whether it is a GPU that is emulated in software: right in its results, but slower than the CPU. `auto` passes it over. */
  readonly emulated: boolean;
  /** What it is, such as the processor's name and its number of cores. */
  readonly description: string;
  /** True where nothing points to the device, so that a user need not hear why `auto` does not take it. */
  readonly unexpected?: boolean;
}

/** What ONNX Runtime needs to know of a device to open a model on it. */
export interface Backend {
  /** The device's name. */
  readonly device: string;
  readonly runtime: RuntimePackage;
  readonly providers: readonly Provider[];
  readonly executionProvider: string;
  readonly sessionOptions: Readonly<Record<string, unknown>>;
  readonly state: StateLocation;
}

/** ONNX Runtime's name of the provider that every build has, and that runs what other providers leave. */
const cpuProvider = 'CPUExecutionProvider';

/** Whether ONNX Runtime's CPU provider is the device itself: it has a kernel for everything, so no node falls back from it. */
export function isCpuProvider({ executionProvider }: Pick<Backend, 'executionProvider'>): boolean {
  return executionProvider === cpuProvider;
}

/** The backend of a device. @param runtime the package that serves devices which name none */
export function backendOf(device: Device, runtime: RuntimePackage, options: OpenOptions = {}): Backend {
  const { name, providers, executionProvider, sessionOptions = {}, state = 'host' } = device;
  return {
    device: name,
    runtime: device.runtime ?? runtime,
    providers: typeof providers === 'function' ? providers(options) : providers,
    executionProvider,
    sessionOptions,
    state,
  };
}

/** A device without its functions, so that it can be sent to the worker that opens models on it. */
export function deviceData(device: Device, options: OpenOptions): Device {
  const { name, description, rank, runtime, providers, executionProvider, sessionOptions, state } = device;
  return {
    name,
    description,
    ...(rank === undefined ? {} : { rank }),
    ...(runtime === undefined ? {} : { runtime }),
    providers: typeof providers === 'function' ? providers(options) : providers,
    executionProvider,
    ...(sessionOptions === undefined ? {} : { sessionOptions }),
    ...(state === undefined ? {} : { state }),
  };
}
