/** Lines that ONNX Runtime logs go to these as long as they listen. */
const listeners = new Set<(line: string) => void>();

/**
 * Lets `listenToLog` hear what ONNX Runtime logs from now on. Its WebAssembly takes hold of `console.error` once, when it
 * starts; so `start` must be what starts it, and the console is as it was when that has ended.
 */
export async function withTappedConsole<Result>(start: () => Promise<Result>): Promise<Result> {
  const original = console.error;
  const tapped = (...parts: readonly unknown[]): void => {
    if (listeners.size === 0) original.apply(console, [...parts]);
    else for (const listen of listeners) listen(parts.join(' '));
  };
  console.error = tapped;
  try {
    return await start();
  } finally {
    if (console.error === tapped) console.error = original;
  }
}

/** Collects what ONNX Runtime logs while `task` runs; nothing of it reaches the console. */
export async function collectLog(task: () => Promise<void>): Promise<string> {
  const lines: string[] = [];
  const listen = (line: string): void => {
    lines.push(line);
  };
  listeners.add(listen);
  try {
    await task();
  } finally {
    listeners.delete(listen);
  }
  return lines.join('\n');
}
