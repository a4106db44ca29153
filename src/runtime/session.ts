import type { Tensors, TensorType } from './tensor.ts';

/** Where a session runs. `cpu` and `cuda` exist in Node only; `wasm` is the browser's CPU (and runs in Node too). */
export type DeviceName = 'cpu' | 'cuda' | 'webgpu' | 'wasm';

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

/** Which provider runs a node. */
export interface Placement {
  readonly node: string;
  /** The ONNX operator. */
  readonly operator: string;
  /** ONNX Runtime's name of the provider, such as `CPUExecutionProvider`. */
  readonly provider: string;
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
   * (a cache: each such dimension starts at 0, and `batch` is taken from the other inputs). One without such a
   * dimension (parameters, moments, counters) must be given by `setState` first.
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

  /** Which provider runs each node. */
  placement(): Promise<readonly Placement[]>;

  /**
   * Frees the model and its state. Calls that have not ended are rejected with `RuntimeError` kind `disposed`. A run that
   * is under way can't be stopped: the promise resolves when it has ended and all is freed. After that nothing of the
   * session keeps the process alive.
   */
  dispose(): Promise<void>;
}

/** How a model is opened. */
export interface OpenOptions {
  /** The device; `auto` (the default) takes the best one that is sure to work. */
  readonly device?: 'auto' | DeviceName;
  /** Threads for the operators of the CPU and wasm devices; all cores by default in Node. */
  readonly threads?: number;
  /**
   * Node: `true` (the default) keeps the session in a worker thread, because ONNX Runtime blocks its thread during a
   * run; `false` runs in the caller's thread.
   */
  readonly worker?: boolean;
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
