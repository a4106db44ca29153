/**
 * A program for the tests: writes a generation of three files with `writeInOrder` and is killed (as by kill -9)
 * right before or right after a rename. Arguments: folder, generation, how many renames it may make, `before` or `after`.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [folder = '', generation = '', renames = '', moment = ''] = process.argv.slice(2);
const { rename } = fs.promises;
let done = 0;

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still here');
};

fs.promises.rename = async (from, to) => {
  if (moment === 'before' && done === Number(renames)) die();
  await rename(from, to);
  done += 1;
  if (moment === 'after' && done === Number(renames)) die();
};
syncBuiltinESMExports();

const { writeInOrder } = await import('../../src/storage/write-in-order.ts');
const { lockDirectory } = await import('../../src/storage/lock.ts');
await lockDirectory(folder);
await writeInOrder(
  folder,
  ['truth', 'copy', 'note'].map((name) => [name, new Uint8Array(100_000).fill(Number(generation))] as const),
);
