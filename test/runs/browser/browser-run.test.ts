import { afterAll, describe, expect, it } from 'vitest';
import { storeContract } from '../store-contract.ts';

const worker = new Worker(new URL('./store-worker.ts', import.meta.url), { type: 'module' });
afterAll(() => worker.terminate());

/** What a part of the contract comes to in the worker. */
function inWorker(name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<{ readonly result: unknown; readonly error?: string }>) => {
      if (data.error === undefined) resolve(data.result);
      else reject(new Error(data.error));
    };
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(name);
  });
}

describe('runs in this browser’s storage', () => {
  it.each(Object.entries(storeContract))('%s', async (name, { expected }) => {
    expect(await inWorker(name)).toEqual(expected);
  });
});
