import { type Remote, wrap } from 'comlink';
import type { Engine } from './worker.ts';
import EngineWorker from './worker.ts?worker';

/** One engine trains, so that the other is free to write and to draw. */
export type EngineName = 'reading' | 'training';

const engines = new Map<EngineName, Remote<Engine>>();

/** The engine of that name; it starts with the first call. */
export function engine(name: EngineName = 'reading'): Remote<Engine> {
  const running = engines.get(name);
  if (running !== undefined) return running;
  const started = wrap<Engine>(new EngineWorker({ name }));
  engines.set(name, started);
  // Calls are carried out in their order: this one comes before any that fetches a file.
  void started.setPageAddress(document.baseURI);
  return started;
}
