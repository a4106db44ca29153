import { expect, test } from 'vitest';
import { withAdvice } from '../../../src/cli/train/device-failure.ts';
import { UserError } from '../../../src/errors.ts';
import { RuntimeError } from '../../../src/runtime/runtime-error.ts';

const message = (error: unknown): string => (error instanceof Error ? error.message : '');

test('a lost GPU tells what is saved and how to go on without it', () => {
  const lost = new RuntimeError('device-lost', 'The GPU was lost.');
  const told = withAdvice(lost, { device: 'webgpu', directory: 'runs/my book', saved: 500 });
  expect(told).toMatchObject({ kind: 'device-lost', cause: lost });
  expect(message(told)).toBe(
    "The GPU was lost. Step 500 is saved; continue from it with: npx trilu train --resume 'runs/my book' --device cpu",
  );
});

test('before the first checkpoint it tells that nothing is saved', () => {
  const full = new RuntimeError('out-of-memory', 'There is no memory left');
  expect(message(withAdvice(full, { device: 'webgpu', directory: 'runs/a', saved: undefined }))).toBe(
    'There is no memory left. Nothing was saved yet: start again with --device cpu.',
  );
  expect(message(withAdvice(full, { device: 'cpu', directory: 'runs/a', saved: undefined }))).toBe(
    'There is no memory left. Nothing was saved yet: start again with a smaller --batch.',
  );
});

test('other errors stay as they are', () => {
  for (const error of [new UserError('wrong'), new RuntimeError('run', 'out of bounds'), 'text']) {
    expect(withAdvice(error, { device: 'webgpu', directory: 'runs/a', saved: 1 })).toBe(error);
  }
});
