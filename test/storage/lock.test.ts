import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { LOCK_NAME, lockDirectory } from '../../src/storage/lock.ts';
import { emptyFolder } from './folders.ts';

/** A process that locks a folder and then does what its script says. */
const script = (folder: string, then: string): string[] => [
  '--import',
  'tsx',
  '--input-type=module',
  '--eval',
  `import { lockDirectory } from ${JSON.stringify(new URL('../../src/storage/lock.ts', import.meta.url).href)};
   await lockDirectory(${JSON.stringify(folder)}); console.log('locked'); ${then}`,
];

async function holder(folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, script(folder, 'setInterval(() => {}, 1000);'), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
  return child;
}

const endedProcess = (): number => spawnSync(process.execPath, ['--eval', '']).pid;

it('a second process is refused by the first one’s id, and takes over when that was killed', async () => {
  const folder = emptyFolder();
  const child = await holder(folder);
  await expect(lockDirectory(folder)).rejects.toThrow(`${folder} is in use by process ${child.pid} since `);
  await expect(lockDirectory(folder)).rejects.toThrow(UserError);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(join(folder, LOCK_NAME))).toBe(true);
  const lock = await lockDirectory(folder);
  expect(JSON.parse(readFileSync(join(folder, LOCK_NAME), 'utf8'))).toMatchObject({ pid: process.pid });
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

it('a process that exits lets go', () => {
  const folder = emptyFolder();
  expect(spawnSync(process.execPath, script(folder, 'process.exit(3)')).status).toBe(3);
  expect(readdirSync(folder)).toEqual([]);
});

it('one process cannot take a folder twice, but again after its release, within the same millisecond too', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const folder = emptyFolder();
  const lock = await lockDirectory(folder);
  await expect(lockDirectory(folder)).rejects.toThrow(`process ${process.pid}`);
  lock.release();
  const again = await lockDirectory(folder);
  lock.release(); // the old one: nothing any more
  expect(existsSync(join(folder, LOCK_NAME))).toBe(true);
  again.release();
});

it('of many that try at once exactly one gets it, also when a stale lock must go first', async () => {
  for (const stale of [false, true]) {
    const folder = emptyFolder();
    if (stale) {
      const since = '2020-01-01T00:00:00.000Z';
      writeFileSync(
        join(folder, LOCK_NAME),
        JSON.stringify({ pid: endedProcess(), host: hostname(), processStart: null, since }),
      );
    }
    const tries = await Promise.allSettled(Array.from({ length: 10 }, () => lockDirectory(folder)));
    const locks = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(locks.length).toBe(1);
    locks[0]?.release();
  }
});

it.runIf(process.platform === 'linux')(
  'a process that only has the id of one that is gone does not hold the lock',
  async () => {
    const folder = emptyFolder();
    const content = {
      pid: process.pid,
      host: hostname(),
      processStart: 'another-start/1',
      since: '2020-01-01T00:00:00.000Z',
    };
    writeFileSync(join(folder, LOCK_NAME), JSON.stringify(content));
    (await lockDirectory(folder)).release();
  },
);

it('a process on another machine is believed to run, and the sentence says what to do if not', async () => {
  const folder = emptyFolder();
  const content = { pid: endedProcess(), host: 'elsewhere', processStart: null, since: '2020-01-01T00:00:00.000Z' };
  writeFileSync(join(folder, LOCK_NAME), JSON.stringify(content));
  await expect(lockDirectory(folder)).rejects.toThrow(
    `on elsewhere since 2020-01-01T00:00:00.000Z: stop it, or if it no longer runs, delete ${join(folder, LOCK_NAME)}.`,
  );
});

it.each(['', '{"pid":', '{"pid":"1"}', 'null', '[]'])('a damaged lock (%j) is taken over', async (content) => {
  const folder = emptyFolder();
  writeFileSync(join(folder, LOCK_NAME), content);
  const lock = await lockDirectory(folder);
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

it('tells a folder that is missing or none', async () => {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'plain'), '');
  await expect(lockDirectory(join(folder, 'missing'))).rejects.toThrow('its folder does not exist');
  await expect(lockDirectory(join(folder, 'plain'))).rejects.toThrow('a part of the path is a file');
});
