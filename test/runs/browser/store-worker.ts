import { BrowserRun, browserRunFiles } from '../../../src/runs/browser-run.ts';
import { storeContract } from '../store-contract.ts';

/** Keeps runs in the browser's own storage, which only workers can write to at once: does what it is told by name, and says what it came to. */
self.onmessage = async ({ data: name }: MessageEvent<string>) => {
  const place = { hold: (id: string) => BrowserRun.open(id), files: browserRunFiles };
  try {
    const { act } = storeContract[name] ?? { act: async () => undefined };
    self.postMessage({ result: await act(place, `run-${crypto.randomUUID()}`) });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
