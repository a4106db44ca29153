import { afterEach, expect, test, vi } from 'vitest';
import { collectLog, withTappedConsole } from '../../src/runtime/web/console-tap.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Stands for a WebAssembly module, which takes hold of console.error once, when it starts. */
const startModule = (): Promise<(line: string) => void> => withTappedConsole(async () => console.error.bind(console));

test('what a module that was started under the tap prints is collected while somebody listens, and printed else', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const print = await startModule();
  const log = await collectLog(async () => {
    print('first');
    print('second');
  });
  expect(log).toBe('first\nsecond');
  expect(printed).not.toHaveBeenCalled();
  print('third');
  expect(printed.mock.calls).toEqual([['third']]);
});

test('the console is as it was afterwards, also when starting fails', async () => {
  const before = console.error;
  await startModule();
  expect(console.error).toBe(before);
  await expect(withTappedConsole(() => Promise.reject(new Error('no start')))).rejects.toThrow('no start');
  expect(console.error).toBe(before);
});

test('listening ends when the task fails', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const print = await startModule();
  await expect(collectLog(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  print('after');
  expect(printed.mock.calls).toEqual([['after']]);
});
