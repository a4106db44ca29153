import type { Tensors, TensorType } from './tensor.ts';

/**
 * The name of a device: `cpu`, `cuda`, `webgpu` and `wasm` (for tests) in Node, `webgpu` and `wasm` in a browser, and those that were
 * added by `defineDevice`.
 */
export type DeviceName = string;

/** What a graph declares of an input or an output. */
export interface ValueDescription {
  readonly name: string;
  readonly type: TensorType;
  /** A number is a fixed size, a name a symbol that has one size in all inputs of a run, `''` any size. */
  readonly shape: readonly (number | string)[];
}

/** A value that is carried from step to step: this step's output is the next step's input. */
export interface StatePair {
  readonly input: string;
  readonly output: string;
}

/** What a model file says of itself, read from its metadata and its graph. */
export interface ProgramDescription {
  /** `forward`, `decode`, `train` … (`trilu.program`); absent in a file that trilu did not write. */
  readonly program?: string;
  /** The model's configuration (`trilu.config`). */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The characters, in id order (`trilu.vocabulary`). */
  readonly vocabulary?: readonly string[];
  /** The values carried from step to step (`trilu.state`); empty for a program without state. */
  readonly state: readonly StatePair[];
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  /** All metadata of the file, these keys included, as text. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The version of the standard operator set that the file uses; 0 when it uses none. */
  readonly opset: number;
}

/**
 * Which provider runs a node of the graph as ONNX Runtime runs it: after constants were folded and nodes fused, so that a
 * node of the file may be missing and a new one stand in its place. Where a single provider runs everything, ONNX Runtime
 * does not list the nodes, and the file's own are told.
 */
export interface Placement {
  readonly node: string;
  /** The ONNX operator. */
  readonly operator: string;
  /** ONNX Runtime's name of the provider, such as `CPUExecutionProvider`. */
  readonly provider: string;
  /** Why the node is not on the device that the model was opened on; absent where it is. */
  readonly reason?: string;
}

/** Options of one run. */
export interface RunOptions {
  /**
   * Cancels a run that has not started yet: its promise is rejected with the signal's reason. A run that has started
   * ends by itself, because ONNX Runtime can't be stopped inside one.
   */
  readonly signal?: AbortSignal;
}

/**
 * A model that is ready to run. Calls may overlap: they are carried out one after another, in the order they were made.
 *
 * Every method rejects with a `UserError` for a mistake in what it was given and with a `RuntimeError` (which has a
 * `kind`) for a failure of ONNX Runtime, the device or the worker.
 */
export interface Session {
  readonly device: DeviceName;
  readonly program: ProgramDescription;
  /**
   * What is worth telling a user of how the model was opened, each a sentence: that `auto` passed a better device over and
   * why, that there is one thread only and how to get more. Empty when all is as asked.
   */
  readonly notices: readonly string[];

  /**
   * Runs the graph once with every input given, state inputs included, and hands back every output.
   * Neither reads nor changes the state that `step` keeps. The feeds' arrays must stay as they are until it has ended.
   */
  run(feeds: Tensors, options?: RunOptions): Promise<Tensors>;

  /**
   * Runs the graph once on the state kept by the session: takes the inputs that are not state, hands back the outputs
   * that are not state, and keeps the state outputs as the state inputs of the next step. A step that fails leaves the
   * state as it was. For a program without state the same as `run`.
   *
   * A state input that was never set starts empty when its declared shape has a symbolic dimension besides `batch`
   * (a cache that grows: each such dimension starts at 0, and `batch` is taken from the other inputs), and as zeros when
   * its name begins with `cache.` (a cache of a fixed size, and its length). Any other (parameters, moments, counters)
   * must be given by `setState` first.
   */
  step(feeds: Tensors, options?: RunOptions): Promise<Tensors>;

  /** A copy of the state, by the names of the state *inputs*: what the next step would start from. */
  getState(): Promise<Tensors>;

  /**
   * Sets state inputs by name, checked against their declared types and shapes; those not named keep their values.
   */
  setState(state: Tensors): Promise<void>;

  /** Forgets the state: the next step starts as the first one did, before any `setState`. */
  resetState(): Promise<void>;

  /**
   * Which provider runs each node, and why one fell back. ONNX Runtime tells it while it loads a model, so on devices with
   * more than one provider (webgpu, cuda) the model is loaded a second time for it, and freed again.
   */
  placement(): Promise<readonly Placement[]>;

  /**
   * Frees the model and its state. Calls that have not ended are rejected with `RuntimeError` kind `disposed`. A run that
   * is under way can't be stopped: the promise resolves when it has ended and all is freed. After that nothing of the
   * session keeps the process alive.
   */
  dispose(): Promise<void>;
}

/** Options of the device cuda. */
export interface CudaOptions {
  /** Which GPU, counted from 0; 0 unless told. */
  readonly deviceId?: number;
  /**
   * Whether matrix products may round their inputs to TF32's 10 bits of mantissa, on GPUs of compute capability 8.0 and
   * newer: much faster, with relative errors near 1e-3. `false` unless told, so that results agree with the CPU's.
   */
  readonly tf32?: boolean;
}

/** How a model is opened. */
export interface OpenOptions {
  /**
   * The device; `auto` (the default) takes the best one that works: in Node cuda, webgpu, cpu in this order, in a browser
   * webgpu, wasm, and between them those that were added, by their ranks. A GPU that is emulated in software is passed over.
   */
  readonly device?: DeviceName;
  /** Threads for the operators of the CPU and wasm devices; all cores by default in Node. */
  readonly threads?: number;
  /**
   * `true` refuses a model of which any node would run on another provider than the device's own, and names the nodes.
   * `false` (the default) lets them run on the CPU; `placement()` tells which.
   */
  readonly strict?: boolean;
  /**
   * `true` (the default) keeps the session in a worker: in Node a worker thread, because ONNX Runtime blocks its thread
   * during a run; on the web a module worker, so that the page never freezes. `false` runs in the caller's thread, in which
   * onnxruntime-node then makes 0 of numbers below the smallest normal one (1.2e-38, and 2.2e-308 in JavaScript), for good.
   * On the web also a function that starts the worker, for bundlers that need to be told of its file (`trilu/web/worker`).
   */
  readonly worker?: boolean | (() => Worker);
  /** Options that only one device takes stand under its name. */
  readonly cuda?: CudaOptions;
  /**
   * On webgpu in a browser: `true` records the GPU commands of a run and replays them from then on, as long as shapes stay
   * the same, which spares encoding them anew. The first replay is checked against a plain run. Costs a second copy of the
   * model on the GPU. `false` unless told.
   */
  readonly graphCapture?: boolean;
  /** Cancels opening before the model is loaded. */
  readonly signal?: AbortSignal;
  /** Further options of ONNX Runtime's session, by its own names; they win over ours. */
  readonly sessionOptions?: Readonly<Record<string, unknown>>;
}

/**
 * Opens a model.
 *
 * @param model the bytes of an .onnx file; or its path (Node) or address (web)
 * @throws UserError when the file can't be read or is no ONNX file, or the device is not there
 * @throws RuntimeError kind `load` when ONNX Runtime refuses the model
 */
export type Open = (model: Uint8Array | string, options?: OpenOptions) => Promise<Session>;
