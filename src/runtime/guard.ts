import { asRuntimeError, type RuntimeError } from './runtime-error.ts';
import type { DeviceName } from './session.ts';

/** How long to wait, after work has failed, for the news that the device was lost, in milliseconds. */
const patience = 200;

/**
 * Stands between a session and a device that may be lost. Once it is lost, that is the error of all work, whatever the work itself
 * throws, and nothing more is run: ONNX Runtime stays suspended in what it was doing, and any further call would corrupt its memory.
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
