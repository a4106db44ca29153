import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import { errorCode, fileError } from './system-error.ts';

/** The file in a folder that says which process writes there. */
export const LOCK_NAME = '.lock';

/** A folder held by this process. */
export interface DirectoryLock {
  /** Lets the folder go; calling it again does nothing. Happens by itself when the process exits (but not when it is killed). */
  release(): void;
}

/** What a lock file says. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, by the system's clock of processes; null where that cannot be read. Tells apart two with one id. */
  readonly processStart: string | null;
  /** When it took the lock, ISO 8601. */
  readonly since: string;
}

/** A lock file is empty for the moment between its creation and its content: how often and how long to wait for that to pass. */
const UNREADABLE_RETRIES = 5;
const UNREADABLE_WAIT_MILLISECONDS = 20;

/**
 * Takes a folder for this process alone, so that two trainers never write into one run.
 * The lock of a process that is gone is taken over.
 * @throws UserError naming the process that holds it, or when the system refuses to write there
 */
export async function lockDirectory(path: string): Promise<DirectoryLock> {
  const file = join(path, LOCK_NAME);
  const content = JSON.stringify(thisProcess());
  let unreadable = 0;
  while (!tryCreate(file, content)) {
    const found = readIfThere(file);
    if (found === undefined) continue; // released in between
    const holder = parseHolder(found);
    if (holder === undefined && unreadable < UNREADABLE_RETRIES) {
      unreadable += 1;
      await delay(UNREADABLE_WAIT_MILLISECONDS);
    } else if (holder === undefined || isGone(holder)) {
      takeAway(file, found);
    } else {
      throw inUse(path, file, holder);
    }
  }
  let isReleased = false;
  const release = (): void => {
    if (isReleased) return; // what is there now may be a lock of this process again, of the same millisecond
    isReleased = true;
    process.off('exit', release);
    if (readIfThere(file) === content) rmSync(file, { force: true });
  };
  process.on('exit', release);
  return { release };
}

function thisProcess(): Holder {
  const { pid } = process;
  return { pid, host: hostname(), processStart: processStart(pid), since: new Date().toISOString() };
}

/** Creates the lock file unless there is one; whether it did. */
function tryCreate(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    if (readIfThere(file) === '') rmSync(file, { force: true }); // created, but no room for the content
    throw fileError(error, 'write', file);
  }
}

/** Removes a stale lock, unless another process replaced it meanwhile: then that one's is put back. */
function takeAway(file: string, stale: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return; // another process was faster
    throw fileError(error, 'write', file);
  }
  if (readIfThere(aside) === stale) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, 'read', file);
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('pid' in value && 'host' in value && 'processStart' in value && 'since' in value)) return undefined;
    const { pid, host, processStart, since } = value;
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1) return undefined;
    if (typeof host !== 'string' || typeof since !== 'string') return undefined;
    return { pid, host, since, processStart: typeof processStart === 'string' ? processStart : null };
  } catch {
    return undefined; // damaged
  }
}

/** Whether the process that took a lock has ended. One on another machine cannot be asked, and counts as running. */
function isGone(holder: Holder): boolean {
  if (holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return true; // EPERM: it runs, as another user
  }
  const start = processStart(holder.pid);
  return start !== null && holder.processStart !== null && start !== holder.processStart;
}

/** When a process began: on Linux the 22nd field of its stat line, in ticks since the machine started, with that start's id. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the second field, the name, may hold spaces
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${afterName[19]}`;
  } catch {
    return null;
  }
}

function inUse(path: string, file: string, { pid, host, since }: Holder): UserError {
  if (host !== hostname()) {
    return new UserError(
      `${path} is in use by process ${pid} on ${host} since ${since}: stop it, or if it no longer runs, delete ${file}.`,
    );
  }
  return new UserError(
    `${path} is in use by process ${pid} since ${since}: wait until it has ended, or choose another folder.`,
  );
}
