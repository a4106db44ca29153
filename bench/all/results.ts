import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { UserError } from '../../src/errors.ts';
import { makeDirectory, writeFileAtomic } from '../../src/storage/atomic-file.ts';
import type { FullReport } from './full-report.ts';

/** Where the results of full runs are kept. */
export const resultsFolder: string = fileURLToPath(new URL('../results', import.meta.url));

const spread = v.object({ median: v.number(), minimum: v.number() });

/** As much of a kept result as is read again. */
const keptSchema = v.object({
  date: v.string(),
  machine: v.object({
    cpu: v.string(),
    cores: v.number(),
    load: v.number(),
    versions: v.object({ trilu: v.string(), onnxruntime: v.string(), node: v.string() }),
  }),
  reports: v.array(
    v.object({
      cases: v.array(
        v.object({
          subject: v.string(),
          work: v.string(),
          model: v.string(),
          threads: v.exactOptional(v.number()),
          unit: v.string(),
          sides: v.array(
            v.object({ side: v.string(), label: v.string(), about: v.string(), time: spread, ratio: spread }),
          ),
        }),
      ),
    }),
  ),
});

/** A full run as it was kept. */
export type KeptResult = v.InferOutput<typeof keptSchema>;

/** Keeps a full run under its date and CPU, in place of one of the same day. @returns the file */
export async function keep(report: FullReport, folder: string = resultsFolder): Promise<string> {
  const cpu = report.machine.cpu
    .toLowerCase()
    .replace(/\((r|tm)\)|\bcpu\b|@.*$/g, ' ')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  const path = join(folder, `${report.date.slice(0, 10)}-${cpu}.json`);
  await makeDirectory(folder);
  await writeFileAtomic(path, `${JSON.stringify(report, undefined, 2)}\n`);
  return path;
}

/** The run that was kept last. @throws UserError when there is none */
export async function latest(folder: string = resultsFolder): Promise<KeptResult> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  const kept: KeptResult[] = [];
  for (const name of names) {
    const read = v.safeParse(keptSchema, JSON.parse(await readFile(join(folder, name), 'utf8')));
    if (!read.success)
      throw new UserError(`${join(folder, name)} is no result of bench all: ${read.issues[0].message}.`);
    kept.push(read.output);
  }
  const [last] = kept.sort((left, right) => right.date.localeCompare(left.date));
  if (last === undefined) throw new UserError('No result is kept yet: run `npm run bench -- all --save`.');
  return last;
}
