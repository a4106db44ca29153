import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BrowserRun, browserRunFiles } from '../../src/runs/browser-run.ts';
import { encodeCheckpoint } from '../../src/train/trainer/checkpoint.ts';
import { historyOf, keepNewRun, loadCheckpoint, removeFormer, savedRuns } from '../../web/src/train/saved-runs.ts';
import { at } from '../runs/store-contract.ts';
import { FakeBrowserStorage } from '../support/fake-browser-storage.ts';

beforeEach(() => void vi.stubGlobal('navigator', new FakeBrowserStorage().navigator));
afterEach(() => void vi.unstubAllGlobals());

const names = { name: 'bigram on a text', textName: 'a text' };

it('a run that is kept is listed with what its description says, and has its files', async () => {
  const best = [['config.json', '{}']] as const;
  const { id } = await keepNewRun(at(10), names, [
    ['', [['metrics.jsonl', '{"step":5,"loss":2}\n{"step":15,"loss":1}\n']]],
    ['best', best],
  ]);
  expect(await savedRuns()).toMatchObject([{ id, ...names, step: 10, stage: 'bigram', blockSize: 8 }]);
  expect((await loadCheckpoint(id)).checkpoint.record.step).toBe(10);
  expect(await historyOf(id, 10)).toEqual({ metrics: [{ step: 5, loss: 2 }], samples: [] });
  expect(await browserRunFiles(id).list('best')).toEqual(['config.json']);
});

it('a run that was kept before runs were directories goes on from the later of its checkpoints that is whole', async () => {
  const files = browserRunFiles('run-old');
  const [earlier, later] = [await encodeCheckpoint(at(10)), await encodeCheckpoint(at(20))];
  await files.write('', [
    ['checkpoint.0', later],
    ['checkpoint.1', earlier],
    ['best.safetensors', 'weights'],
  ]);
  expect((await loadCheckpoint('run-old')).checkpoint.record.step).toBe(20);
  await files.write('', [['checkpoint.0', later.slice(0, 1)]]); // the page was closed while it was written
  expect((await loadCheckpoint('run-old')).checkpoint.record.step).toBe(10);

  const run = await BrowserRun.open('run-old');
  await run.save(at(30), { keep: 0 });
  await removeFormer(run);
  await run.release();
  expect((await loadCheckpoint('run-old')).checkpoint.record.step).toBe(30);
  expect((await files.list('')).filter((name) => /^(checkpoint|best)\./.test(name))).toEqual([]);
});

it('a run without a whole checkpoint is told of', async () => {
  await expect(loadCheckpoint('run-none')).rejects.toThrow('There is no whole checkpoint of this run any more');
});
