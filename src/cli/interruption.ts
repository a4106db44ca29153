/** Ctrl-C, turned into an AbortSignal. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives Ctrl-C its usual meaning back. */
  release(): void;
}

/** Ctrl-C, the system's wish to end, and a terminal that was closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal asks to end in good order; a second one ends at once. */
export function interruption(): Interruption {
  const controller = new AbortController();
  const release = (): void => {
    for (const name of signals) process.off(name, onSignal);
  };
  const onSignal = (): void => {
    release();
    process.stderr.write('\nStopping after the steps under way; Ctrl-C again ends at once.\n');
    controller.abort();
  };
  for (const name of signals) process.on(name, onSignal);
  return { signal: controller.signal, release };
}
