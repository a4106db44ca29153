/** Kills a trainer at random moments, and says whether anything was lost. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { nonNegativeInteger, positiveInteger } from '../src/cli/options.ts';
import { killAndResume } from './kill-trainer/kill-and-resume.ts';

await new Command('kill-trainer')
  .description('kills a trainer at random moments and resumes it, then compares it with one that nobody disturbed')
  .option('--kills <number>', 'how often', positiveInteger, 100)
  .option('--seed <number>', 'what the moments start from', nonNegativeInteger, 1)
  .action(async ({ kills, seed }: { readonly kills: number; readonly seed: number }) => {
    const folder = mkdtempSync(join(tmpdir(), 'trilu-kills-'));
    try {
      const data = join(folder, 'text.txt');
      writeFileSync(data, 'a trainer that is killed goes on where it stopped, to the last bit. '.repeat(90));
      const summary = await killAndResume({
        folder,
        data,
        kills,
        seed,
        onKill: ({ kill, step, unfinished, linesBehind }) => {
          process.stderr.write(
            `kill ${kill} of ${kills}: checkpoint of step ${step ?? 'none'}, ${unfinished} files unfinished, ${linesBehind} reports behind it\n`,
          );
        },
      });
      const during = summary.kills.filter(({ unfinished }) => unfinished > 0).length;
      process.stdout.write(
        `${kills} kills, ${during} of them while files were being written; ${summary.steps} steps: ` +
          `${summary.differences.length === 0 ? 'equal to an undisturbed run to the last bit' : summary.differences.join('; ')}\n`,
      );
      if (summary.differences.length > 0) process.exitCode = 1;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  })
  .parseAsync();
