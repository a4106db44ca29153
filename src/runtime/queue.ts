/** Runs tasks one after another, in the order they were added: a mutex made of a chain of promises. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Starts `task` when all earlier ones have ended, well or badly.
   *
   * @param signal when aborted before the task starts, the task is skipped and the promise rejected with its reason, at
   *   once: without waiting for the earlier tasks
   */
  add<Result>(task: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    let started = false;
    const turn = this.#last.then(() => {
      started = true;
      signal?.throwIfAborted();
      return task();
    });
    this.#last = turn.catch(() => undefined);
    if (signal === undefined) return turn;
    return new Promise<Result>((resolve, reject) => {
      const abort = (): void => {
        if (!started) reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      turn.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    });
  }
}
