import { expect, test } from 'vitest';
import { placementLog } from '../../src/runtime/node/placement-log.ts';
import { readPlacement } from '../../src/runtime/placement.ts';
import { tinyFile, tinyModel } from '../support/tiny-ladder.ts';

test('the whole log comes, however busy this thread is in the meantime', async () => {
  const model = tinyFile('generate', tinyModel('gpt'));
  const logging = placementLog(model, { executionProviders: ['cpu'] });
  // The process starts at once, and has said all in two seconds: more than a pipe would hold.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const end = performance.now() + 4000;
  while (performance.now() < end);
  const log = await logging;
  expect(log.length).toBeGreaterThan(50_000);
  expect(
    readPlacement(log, { device: 'cpu', executionProvider: 'CPUExecutionProvider' }, model).length,
  ).toBeGreaterThan(0);
});

test('a file that is no model is an error that says what could not be found out', async () => {
  await expect(placementLog(new Uint8Array([1, 2, 3]), {})).rejects.toThrow(
    /^Which nodes run where could not be found out: /,
  );
});
