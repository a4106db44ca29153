import { type Blob, resolveObjectURL } from 'node:buffer';
import { Worker as Thread } from 'node:worker_threads';

/** What makes a thread of Node's look like a web worker from inside. */
const inside = `
const { parentPort } = require('node:worker_threads');
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on('message', (data) => globalThis.onmessage?.({ data }));
`;

/** As much of a browser's Worker as jax-js asks for: one made of a Blob, which is told things and answers. */
class WebWorker {
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onerror: ((event: { readonly message: string }) => void) | null = null;
  /** A blob is read in time only; what is told meanwhile waits. */
  readonly #thread: Promise<Thread>;

  constructor(url: string) {
    this.#thread = this.#start(resolveObjectURL(url));
    this.#thread.catch((error: unknown) => this.onerror?.({ message: String(error) }));
  }

  async #start(blob: Blob | undefined): Promise<Thread> {
    if (blob === undefined) throw new TypeError('only a Blob can be a worker');
    const thread = new Thread(inside + (await blob.text()), { eval: true });
    thread.on('message', (data: unknown) => this.onmessage?.({ data }));
    thread.on('error', ({ message }) => this.onerror?.({ message }));
    return thread;
  }

  postMessage(message: unknown): void {
    void this.#thread.then((thread) => thread.postMessage(message));
  }
}

/**
 * Gives this process what libraries for browsers take for several threads: `Worker`, which Node has not got under that name, and the
 * number of threads in `navigator.hardwareConcurrency`. To be called before such a library is loaded.
 */
export function provideWebWorkers(threads: number): void {
  Object.defineProperty(globalThis, 'Worker', { value: WebWorker, configurable: true });
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: threads }, configurable: true });
}
