/** Draws the README's picture, for light and for dark pages, from a trained model and its metrics. */
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { readModelDirectory } from '../src/runs/run-directory.ts';
import { readFileChecked, writeFileAtomic } from '../src/storage/atomic-file.ts';
import { runFiles } from '../src/train/trainer/run-files.ts';
import { drawing } from './picture/drawing.ts';
import { dark, light } from './picture/palette.ts';
import { pictureOf, readReports } from './picture/picture.ts';

interface Options {
  readonly out: string;
  readonly text: string;
  readonly heads?: readonly [string, string];
}

function headPair(value: string): readonly [string, string] {
  const [first, second, ...rest] = value.split(',');
  if (first !== undefined && second !== undefined && rest.length === 0) return [first, second];
  throw new InvalidArgumentError('Two heads are shown, such as 2.1,2.3.');
}

await new Command('draw-picture')
  .description('draws docs/trilu.svg and docs/trilu-dark.svg from a run of gpt-nano or gpt')
  .argument('<run>', 'the run directory')
  .option('--out <file>', 'the light picture; the dark one is put beside it', 'docs/trilu.svg')
  .option('--text <text>', 'what the heads read', 'the tale')
  .option('--heads <pair>', 'the two heads to show, as layer.head, counted from 1: 2.1,2.3 (default: chosen)', headPair)
  .action(async (run: string, { out, text, heads }: Options) => {
    const metrics = await readFileChecked(join(run, runFiles.metrics), 'the metrics');
    const picture = await pictureOf(await readModelDirectory(run), readReports(new TextDecoder().decode(metrics)), {
      text,
      heads,
    });
    await writeFileAtomic(out, drawing(picture, light));
    await writeFileAtomic(out.replace(/(\.svg)?$/, '-dark.svg'), drawing(picture, dark));
  })
  .parseAsync();
