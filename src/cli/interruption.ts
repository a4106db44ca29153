/** Ctrl-C, turned into an AbortSignal. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Restores the usual meaning of Ctrl-C. */
  release(): void;
}

/** Ctrl-C, a request of the system, and a closed terminal. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal aborts `signal`; a second one ends the process at once. */
export function interruption(): Interruption {
  const controller = new AbortController();
  const release = (): void => {
    for (const name of signals) process.off(name, onSignal);
  };
  const onSignal = (): void => {
    release();
    process.stderr.write('\nStopping after the current steps; press Ctrl-C again to end at once.\n');
    controller.abort();
  };
  for (const name of signals) process.on(name, onSignal);
  return { signal: controller.signal, release };
}
