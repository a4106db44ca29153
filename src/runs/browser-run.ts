import { UserError } from '../errors.ts';
import { browserFiles, namesIn, removeEntry } from './browser-files.ts';
import type { FileStore } from './file-store.ts';
import { FileRunStore } from './run-store.ts';

/** The folder of all runs. */
const allRuns = 'runs';

/**
 * A run that the browser keeps for this page, in its own file system: a run directory, /runs/{id}. One trainer holds it at a time, of all
 * tabs. It is written in workers only.
 */
export class BrowserRun extends FileRunStore {
  readonly id: string;

  private constructor(id: string, release: () => void) {
    super(browserRunFiles(id), async () => release());
    this.id = id;
  }

  /** @throws UserError when another tab holds the run */
  static async open(id: string): Promise<BrowserRun> {
    return new BrowserRun(id, await hold(id));
  }
}

/** The files of a run, for whoever reads them. */
export function browserRunFiles(id: string): FileStore {
  return browserFiles(`${allRuns}/${id}`);
}

/** The ids of all runs that the browser keeps for this page. */
export function browserRunIds(): Promise<readonly string[]> {
  return namesIn(allRuns, 'directory');
}

/** Removes a run with all its files. @throws UserError when another tab holds it */
export async function removeBrowserRun(id: string): Promise<void> {
  const release = await hold(id);
  try {
    await removeEntry(`${allRuns}/${id}`);
  } finally {
    release();
  }
}

/** Holds a run among all tabs. @returns what lets it go @throws UserError when another tab holds it */
function hold(id: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const holding = navigator.locks.request(`trilu ${id}`, { ifAvailable: true }, (lock) => {
      if (lock === null) {
        throw new UserError('Another tab is training this run: stop it there, or close that tab.');
      }
      return new Promise<void>((release) => resolve(release));
    });
    holding.catch(reject);
  });
}
