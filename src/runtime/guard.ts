import { asRuntimeError, type RuntimeError } from './errors.ts';
import type { DeviceName } from './session.ts';

/** How long failed work waits for word of a lost device, in milliseconds. */
const patience = 200;

/**
 * Stands between a session and a device that may be lost: its loss is what is told then, whatever the work itself says, and
 * afterwards nothing is done any more. What ONNX Runtime was at when it lost its device stays suspended in it, so that any
 * further call would break its memory.
 */
export class Guard {
  readonly #device: DeviceName;
  readonly #lost: Promise<RuntimeError> | undefined;
  #loss: RuntimeError | undefined;

  /** @param lost resolves when the device is lost; undefined where it can't be */
  constructor(device: DeviceName, lost?: Promise<RuntimeError>) {
    this.#device = device;
    this.#lost = lost?.then((loss) => {
      this.#loss = loss;
      return loss;
    });
  }

  get isLost(): boolean {
    return this.#loss !== undefined;
  }

  /** Does work on the device. @throws RuntimeError of what failed, kind `device-lost` when that was the device */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#loss !== undefined) throw this.#loss;
    const lost = this.#lost;
    try {
      return await (lost === undefined ? work() : Promise.race([work(), lost.then((loss) => Promise.reject(loss))]));
    } catch (error) {
      // Work that fails for want of its device may end before the loss is told.
      const loss = lost === undefined ? undefined : await Promise.race([lost, pause(patience)]);
      throw loss ?? asRuntimeError(error, 'run', `The run failed on ${this.#device}`);
    }
  }
}

function pause(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, undefined));
}
