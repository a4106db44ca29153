import type { DeviceName, Placement, ValueDescription } from './session.ts';
import type { Tensor } from './tensor.ts';

/**
 * What serves a model on one device, with nothing but the bare run: checking, state, order and threads live above it,
 * once for all engines. `Value` is the engine's own handle of a tensor, which may live on the device, so that state
 * goes from step to step without passing through the host.
 */
export interface Engine<Value> {
  readonly device: DeviceName;
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  /** Makes a handle of a host tensor. It may share the tensor's memory. */
  upload(tensor: Tensor): Value;
  /** Reads a handle back. It may share the handle's memory. */
  download(value: Value): Promise<Tensor>;
  /** The type and shape behind a handle, without reading it. */
  describe(value: Value): Pick<Tensor, 'type' | 'shape'>;
  /** Frees what a handle holds on the device. */
  release(value: Value): void;
  /** Runs the graph; gives every output. */
  run(feeds: Readonly<Record<string, Value>>): Promise<Readonly<Record<string, Value>>>;
  placement(): Promise<readonly Placement[]>;
  dispose(): Promise<void>;
}
