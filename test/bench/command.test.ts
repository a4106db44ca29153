import { describe, expect, it } from 'vitest';
import { runners } from '../../bench/subjects.ts';
import { createCommandLine } from '../../src/cli/command-line.ts';

const run = (...given: string[]) => createCommandLine().parseAsync(['node', 'trilu', 'bench', ...given]);

describe('trilu bench', () => {
  it('refuses an option that a subject has no use for, and says which it has', async () => {
    const failure = run('startup', '--batch', '3');
    await expect(failure).rejects.toMatchObject({ exitCode: 2 });
    await expect(failure).rejects.toThrow('bench startup takes no --batch; it takes --model, --rounds, --json.');
    await expect(run('chart', '--rounds', '3')).rejects.toThrow('bench chart takes no --rounds; it takes no options.');
  });

  it('refuses numbers of threads that are none', async () => {
    for (const threads of ['0', '1,', '1.5', 'all']) {
      await expect(run('train', '--threads', threads), threads).rejects.toThrow(
        'whole numbers from 1, separated by commas',
      );
    }
  });

  it('refuses a subject that there is not, and names those that can be measured', async () => {
    await expect(run('everything')).rejects.toThrow(`Allowed choices are ${Object.keys(runners).join(', ')}.`);
  });
});
