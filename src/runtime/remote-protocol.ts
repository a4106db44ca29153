import type { Device, Finding } from './devices/device.ts';
import type { SerializedError } from './runtime-error.ts';
import type { DeviceName, OpenOptions, Placement, ProgramDescription, Session } from './session.ts';
import { type Tensor, type Tensors, tensorAround } from './tensor.ts';

/** How a model is opened where the session will live. */
export interface RemoteOptions extends OpenOptions {
  /** Devices that were added where the model is opened from, and that the worker does not know: without their functions. */
  readonly added?: readonly AddedDevice[];
}

/** An added device as data, with what a look at it has found, where that is looked for before it is opened. */
export interface AddedDevice extends Device {
  readonly finding?: Finding;
}

/** Opens a model where the session will live. */
export type OpenLocally = (model: Uint8Array | string, options?: RemoteOptions) => Promise<Session>;

/** What the two sides of a worker ask and answer, by the name of the call. */
export interface Calls {
  open: {
    ask: { readonly model: Uint8Array | string; readonly options: Omit<RemoteOptions, 'worker' | 'signal'> };
    answer: {
      readonly device: DeviceName;
      readonly program: ProgramDescription;
      readonly notices: readonly string[];
    };
  };
  run: { ask: Tensors; answer: Tensors };
  step: { ask: Tensors; answer: Tensors };
  getState: { ask: undefined; answer: Tensors };
  setState: { ask: Tensors; answer: undefined };
  resetState: { ask: undefined; answer: undefined };
  placement: { ask: undefined; answer: readonly Placement[] };
  /** Also ends an `open` that is still under way. */
  dispose: { ask: undefined; answer: undefined };
  /** Disposes every session: the last call to a worker. */
  close: { ask: undefined; answer: undefined };
}

/** The name of a call. */
export type CallName = keyof Calls;

/** What tells calls apart: the number of the call, and of the session that it is for. A worker may hold many. */
export interface CallNumbers {
  readonly id: number;
  readonly session: number;
}

/** One call on its way to the worker. */
export type Request = {
  [Name in CallName]: CallNumbers & { readonly name: Name; readonly ask: Calls[Name]['ask'] };
}[CallName];

/** One answer on its way back. */
export type Reply = CallNumbers &
  ({ readonly answer: Calls[CallName]['answer'] } | { readonly error: SerializedError });

/** The last call to a worker, which is for no session in particular. */
export const closeRequest: Request = { id: -1, session: -1, name: 'close', ask: undefined };

/** Tensors as they go into a message, and the buffers that are handed over instead of copied. */
export interface Packed {
  readonly tensors: Tensors;
  readonly transfer: ArrayBuffer[];
}

/**
 * Readies tensors of the caller's for a message, which copies them. A message copies the whole buffer behind an array:
 * one that looks at a part of a large buffer is cut out first.
 */
export function packCopies(tensors: Tensors): Packed {
  const transfer: ArrayBuffer[] = [];
  const packed: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor.type === 'string' || tensor.data.byteLength === tensor.data.buffer.byteLength) {
      packed[name] = tensor;
    } else {
      const data = tensor.data.slice();
      transfer.push(data.buffer);
      packed[name] = tensorAround(tensor.type, tensor.shape, data);
    }
  }
  return { tensors: packed, transfer };
}

/** Readies tensors that nobody else holds: their buffers are handed over. */
export function packOwn(tensors: Tensors): Packed {
  const buffers = new Set<ArrayBuffer>();
  for (const tensor of Object.values(tensors)) {
    if (tensor.type !== 'string' && tensor.data.buffer instanceof ArrayBuffer) buffers.add(tensor.data.buffer);
  }
  return { tensors, transfer: [...buffers] };
}
