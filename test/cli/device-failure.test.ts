import { expect, test } from 'vitest';
import { adviseAfter } from '../../src/cli/device-failure.ts';
import { UserError } from '../../src/errors.ts';
import { RuntimeError } from '../../src/runtime/errors.ts';

const message = (error: unknown): string => (error instanceof Error ? error.message : '');

test('a lost GPU tells what is saved and how to go on without it', () => {
  const lost = new RuntimeError('device-lost', 'The GPU was lost.');
  const told = adviseAfter(lost, { device: 'webgpu', directory: 'runs/my book', saved: 500 });
  expect(told).toMatchObject({ kind: 'device-lost', cause: lost });
  expect(message(told)).toBe(
    "The GPU was lost. Step 500 is saved; go on from it with: npx trilu train --resume 'runs/my book' --device cpu",
  );
});

test('before the first checkpoint it tells that nothing is saved', () => {
  const full = new RuntimeError('out-of-memory', 'There is no memory left');
  expect(message(adviseAfter(full, { device: 'webgpu', directory: 'runs/a', saved: undefined }))).toBe(
    'There is no memory left. Nothing was saved yet: start anew with --device cpu.',
  );
  expect(message(adviseAfter(full, { device: 'cpu', directory: 'runs/a', saved: undefined }))).toBe(
    'There is no memory left. Nothing was saved yet: start anew with a smaller --batch.',
  );
});

test('other errors stay as they are', () => {
  for (const error of [new UserError('wrong'), new RuntimeError('run', 'out of bounds'), 'text']) {
    expect(adviseAfter(error, { device: 'webgpu', directory: 'runs/a', saved: 1 })).toBe(error);
  }
});
