import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { BrowserRun, browserRunFiles, browserRunIds, removeBrowserRun } from '../../src/runs/browser-run.ts';
import { diskFiles } from '../../src/runs/disk-files.ts';
import { lastCheckpoint } from '../../src/runs/last-checkpoint.ts';
import { RunDirectory } from '../../src/runs/run-directory.ts';
import { emptyFolder } from '../storage/folders.ts';
import { FakeBrowserStorage } from '../support/fake-browser-storage.ts';
import { at, type Place, storeContract } from './store-contract.ts';

function disk(): Place {
  const folder = emptyFolder();
  return { hold: (id) => RunDirectory.open(join(folder, id)), files: (id) => diskFiles(join(folder, id)) };
}

const browser = (): Place => ({ hold: (id) => BrowserRun.open(id), files: browserRunFiles });

let storage = new FakeBrowserStorage();
beforeEach(() => {
  storage = new FakeBrowserStorage();
  vi.stubGlobal('navigator', storage.navigator);
});
afterEach(() => void vi.unstubAllGlobals());

describe.each([
  ['a disk', disk],
  ['a browser’s storage', browser],
])('runs in %s', (_where, place) => {
  it.each(Object.entries(storeContract))('%s', async (_what, { act, expected }) => {
    expect(await act(place(), 'run')).toEqual(expected);
  });
});

describe('a run in a browser’s storage', () => {
  const stepIn = async (id: string): Promise<number> =>
    (await lastCheckpoint(browserRunFiles(id))).checkpoint.record.step;

  it('that is cut short at any write or removal is whole: as it was, or as it was to be', async () => {
    const run = await BrowserRun.open('cut');
    await run.save(at(10), { keep: 0 });
    let changes = 0;
    let cut = true;
    const seen = new Set<number>();
    for (let left = 0; cut; left++) {
      changes = 0;
      cut = false;
      // What ends a page: from one change on, there are no more.
      storage.onChange = () => {
        cut = changes++ >= left;
        if (cut) throw new Error('the page was closed');
      };
      const step = 20 + left;
      const before = await stepIn('cut');
      await run.save(at(step), { keep: 0 }).catch(() => undefined);
      const after = await stepIn('cut');
      expect([before, step]).toContain(after);
      seen.add(after === before ? 0 : 1);
      expect(cut || after === step).toBe(true);
    }
    expect(changes).toBeGreaterThan(10);
    expect([...seen].sort()).toEqual([0, 1]);
    storage.onChange = () => undefined;
    await run.save(at(999), { keep: 0 });
    // What the cut ones left is gone: one file of each name.
    const names = [...((await browserEntries('cut')) ?? [])].map((name) => name.replace(/~\d+$/, ''));
    expect(new Set(names).size).toBe(names.length);
  });

  it('that finds no more room stays as it was, and says what to do', async () => {
    const run = await BrowserRun.open('full');
    await run.save(at(10), { keep: 0 });
    await run.report({ step: 10, loss: 1, gradient_norm: 1, learning_rate: 1, tokens_per_second: 1, seconds: 1 });
    storage.room = 3000;
    await expect(run.save(at(20), { keep: 0 })).rejects.toThrow('The browser has no more room for this page');
    await expect(run.save(at(20), { keep: 0 })).rejects.toBeInstanceOf(UserError);
    expect(await stepIn('full')).toBe(10);
    storage.room = 5;
    await expect(run.sample({ step: 10, text: 'a text' })).rejects.toThrow('no more room');
    expect(new TextDecoder().decode(await browserRunFiles('full').read('samples.jsonl', 'the log'))).toBe('');
  });

  it('is listed, and removed unless another tab holds it', async () => {
    const run = await BrowserRun.open('one');
    await run.save(at(10), { keep: 0 });
    expect(await browserRunIds()).toEqual(['one']);
    await expect(removeBrowserRun('one')).rejects.toThrow('Another tab is training this run');
    await run.release();
    await removeBrowserRun('one');
    expect(await browserRunIds()).toEqual([]);
  });

  it('is refused in a sentence where the browser keeps nothing', async () => {
    const refuse = async (): Promise<never> => {
      throw new DOMException('no', 'SecurityError');
    };
    vi.stubGlobal('navigator', { ...storage.navigator, storage: { getDirectory: refuse } });
    const run = await BrowserRun.open('none');
    await expect(run.save(at(10), { keep: 0 })).rejects.toThrow('This browser keeps no files for this page');
  });

  async function browserEntries(id: string): Promise<Iterable<string>> {
    const runs = await storage.root.getDirectoryHandle('runs');
    return (await runs.getDirectoryHandle(id)).entries.keys();
  }
});
