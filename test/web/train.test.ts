import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import type { Page, Worker } from 'playwright';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { succeed } from '../cli/command.ts';
import { files, savedBy, serveApp, withApp } from '../support/app.ts';
import { baselineOnly } from '../support/chromium.ts';
import { startChromium } from '../support/example-page.ts';

const browser = await startChromium((flags) =>
  flags.map((flag) => (flag === baselineOnly ? `${flag} --expose-gc` : flag)),
);
afterAll(() => browser?.close());
const server = await serveApp();
afterAll(() => server.close());
const address = `${server.address}/#train`;

const folder = mkdtempSync(join(tmpdir(), 'trilu-app-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A text that is quick to learn, with a character of two code units. */
const text = 'the whale 🐋 swims by day, and by night the whale sleeps.\n'.repeat(40);

interface Small {
  readonly steps: number;
  readonly device?: string;
  readonly stage?: string;
  /** Sets what is not a number. */
  readonly choose?: () => Promise<void>;
}

/** Fills in the form for a small model on a text of its own, and starts it. */
async function start(page: Page, { steps, device = 'wasm', stage = 'gpt-nano', choose }: Small): Promise<void> {
  await page.getByLabel('A text of your own').check();
  await page.getByLabel('Paste it here').fill(text);
  await page.getByLabel('Stage of the ladder').selectOption(stage);
  await page.getByText('Sizes and learning rate').click();
  const inner = stage === 'bigram' ? {} : { Embedding: 16, Layers: 1, Heads: 2 };
  const sizes = { Steps: steps, 'Block size': 16, ...inner, Batch: 4 };
  for (const [label, value] of Object.entries(sizes)) await page.getByLabel(label, { exact: true }).fill(`${value}`);
  await page.getByLabel('Learning rate').fill('0.01');
  await choose?.();
  await page.getByLabel('Device').selectOption(device);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
}

/** What stands under a heading of the figures. */
async function figure(page: Page, name: string): Promise<string> {
  const named = page.locator('dt').getByText(name, { exact: true });
  return (await page.locator('.figures div').filter({ has: named }).locator('dd').textContent()) ?? '';
}

const done = (page: Page): Promise<void> => page.getByRole('button', { name: 'Train further' }).waitFor();

function exported(page: Page): Promise<{ name: string; bytes: Buffer }> {
  return savedBy(page, () => page.getByRole('button', { name: 'Save the model directory (.zip)' }).click());
}

/** Lets the garbage collector run while a file is asked for. In JavaScript of its own: `gc` is there by a flag of this browser. */
const collectWhileAsked = `
  globalThis.opened = 0;
  for (const [type, call] of [
    [FileSystemDirectoryHandle, 'getDirectoryHandle'],
    [FileSystemDirectoryHandle, 'getFileHandle'],
    [FileSystemFileHandle, 'getFile'],
    [FileSystemFileHandle, 'createSyncAccessHandle'],
  ]) {
    const real = type.prototype[call];
    type.prototype[call] = function (...all) {
      const answer = real.apply(this, all);
      gc({ type: 'major', execution: 'async' });
      if (call === 'createSyncAccessHandle') opened += 1;
      return answer;
    };
  }
`;

/** Lays the files of a zip into a folder. @returns the folder that is in it */
function unpack(bytes: Uint8Array): string {
  const contents = unzipSync(bytes);
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return join(folder, Object.keys(contents)[0]?.split('/')[0] ?? '');
}

function lossesIn(directory: string): number[] {
  const lines = readFileSync(join(directory, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line).loss);
}

describe.skipIf(browser === undefined)('the app trains', () => {
  it.each([
    ['wasm', 60, 'gpt-nano'],
    // A GPU in software compiles each kind of kernel for long; that it computes all of them right is shown in test/devices.
    ['webgpu', 30, inject('wholeLadder') ? 'gpt-nano' : 'bigram'],
  ])('on %s: in %i steps the loss falls, samples come, and the figures tell of it', (device, steps, stage) =>
    withApp(browser, address, async ({ page }) => {
      await start(page, { steps, device, stage });
      await done(page);
      expect(await figure(page, 'Step')).toBe(`${steps} of ${steps}`);
      expect(Number(await figure(page, 'Validation loss'))).toBeLessThan(2.9); // ln 20 = 3.0 to begin with
      expect(Number(await figure(page, 'Training loss'))).toBeLessThan(2.9);
      expect(Number((await figure(page, 'Tokens a second')).replace(',', ''))).toBeGreaterThan(0);
      await page.getByText(new RegExp(`, on ${device}\\.`)).waitFor();
      await expect.poll(() => page.locator('.samples li').count()).toBeGreaterThan(1);
      await expect
        .poll(() => page.getByRole('img', { name: /^Losses by step, \d+ points; training loss/ }).count())
        .toBe(1);
    }),
  );

  it('a run that a reload has cut short goes on from its checkpoint, and ends as one that was left alone', () =>
    withApp(browser, address, async ({ page }) => {
      await start(page, { steps: 800 });
      // A checkpoint is kept each 500 steps.
      await expect.poll(() => page.locator('.runs li').first().textContent()).toMatch(/step 500/);
      await page.reload();
      const button = page.getByRole('button', { name: 'Resume' });
      await button.waitFor();
      expect(Number((await figure(page, 'Step')).split(' ')[0]?.replace(',', '')) % 500).toBe(0);
      await page.getByLabel('Device').selectOption('wasm');
      await button.click();
      await done(page);
      const cut = unzipSync((await exported(page)).bytes);

      await page.getByLabel('Steps', { exact: true }).waitFor();
      await start(page, { steps: 800 });
      await expect.poll(() => figure(page, 'Step')).toBe('800 of 800');
      await done(page);
      const whole = unzipSync((await exported(page)).bytes);
      const name = Object.keys(whole).find((path) => /^[^/]+\/model\.safetensors$/.test(path)) ?? '';
      expect(Buffer.compare(cut[name] ?? Buffer.of(), whole[name] ?? Buffer.of(1))).toBe(0);
    }));

  it('whatever the garbage collector takes while files are asked for', () =>
    withApp(browser, address, async ({ page }) => {
      await page.getByText('Sizes and learning rate').waitFor();
      // The engine that trains starts later than the one that reads; threads of WebAssembly answer nobody.
      const engines: Worker[] = [];
      const collectIn = async (worker: Worker): Promise<void> => {
        if (!/\/worker-[^/]+\.js$/.test(worker.url())) return;
        engines.push(worker);
        await worker.evaluate(collectWhileAsked);
      };
      await Promise.all(page.workers().map(collectIn));
      page.on('worker', (worker) => void collectIn(worker));
      await start(page, { steps: 200, stage: 'bigram' });
      await done(page);
      const counts = await Promise.all(engines.map((worker) => worker.evaluate<number>('opened')));
      expect(Math.max(...counts), 'files opened for writing, with a collection meanwhile').toBeGreaterThan(3);
    }));

  it('pauses and resumes, stops, and deletes', () =>
    withApp(browser, address, async ({ page }) => {
      await start(page, { steps: 1_000_000 });
      await page.getByText('Tokens a second').waitFor();
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('button', { name: 'Resume' }).waitFor();
      const paused = await figure(page, 'Step');
      await page.getByRole('button', { name: 'Resume' }).click();
      await expect.poll(() => figure(page, 'Step')).not.toBe(paused);
      await page.getByRole('button', { name: 'Stop' }).click();
      await done(page);
      page.once('dialog', (dialog) => void dialog.accept());
      await page.getByRole('button', { name: /^Delete / }).click();
      await page.getByText('None yet.').waitFor();
    }));
});

describe.skipIf(browser === undefined)('the form of a new run', () => {
  it('has what can be set of a model: numbers, choices and switches', () =>
    withApp(browser, address, async ({ page }) => {
      await page.getByText('Sizes and learning rate').click();
      const labels = page.locator('details .field > label');
      const common = ['Batch', 'Learning rate', 'Seed'];
      const gpt = [
        'Block size',
        'Embedding',
        'Layers',
        'Heads',
        'Dropout',
        'Initialization',
        'Bias',
        'Tied',
        'Activation',
      ];
      await expect.poll(() => labels.allTextContents()).toEqual([...gpt, ...common]);
      await page.getByLabel('Stage of the ladder').selectOption('bigram');
      await expect.poll(() => labels.allTextContents()).toEqual(['Block size', 'Initialization', ...common]);
      await page.getByText('a table: which character follows which').waitFor();
      await page.getByLabel('Stage of the ladder').selectOption('layer-norm');
      await expect.poll(() => page.getByLabel('Layers', { exact: true }).inputValue()).toBe('3');
      const scales = page.getByLabel('Attention scale').getByRole('option');
      await expect.poll(() => scales.allTextContents()).toEqual(['head', 'embedding']);
    }));

  it('makes a run of what was chosen and switched', () =>
    withApp(browser, address, async ({ page }) => {
      const choose = async (): Promise<void> => {
        await page.getByLabel('Bias', { exact: true }).check();
        await page.getByLabel('Activation').selectOption('relu');
      };
      await start(page, { steps: 2, choose });
      await done(page);
      const zip = unzipSync((await exported(page)).bytes);
      const [, config] = Object.entries(zip).find(([name]) => /^[^/]+\/config\.json$/.test(name)) ?? [];
      expect(JSON.parse(new TextDecoder().decode(config))).toMatchObject({
        n_embd: 16,
        activation_function: 'relu',
        trilu: { model: 'gpt-nano', bias: true, initialization: 'scaled' },
      });
    }));
});

describe.skipIf(browser === undefined)('a run goes', () => {
  it('from the app to Node, which writes the same text and trains on, and back', () =>
    withApp(browser, address, async ({ page }) => {
      await start(page, { steps: 100 });
      await done(page);
      const { name, bytes } = await exported(page);
      expect(name).toBe('gpt-nano-on-Pasted-text.zip');
      const directory = unpack(bytes);
      // The best model is a model directory, as the command line's is.
      const best = await succeed(['inspect', join(directory, 'best')], { cwd: folder });
      expect(best).toMatch(/gpt-nano/);
      expect(readFileSync(join(directory, 'best/model.safetensors')).subarray(8, 300).toString()).toContain(
        '"validation_loss":"',
      );

      // The same text, seed and sampling, here and there.
      await page.getByRole('link', { name: 'Let it write' }).click();
      await page.getByText(/gpt-nano: [\d,]+ parameters, 20 characters, block of 16/).waitFor();
      await page.getByLabel('Prompt').fill('the whale');
      await page.getByLabel('Characters', { exact: true }).fill('60');
      await page.getByLabel('Device').selectOption('wasm');
      await page.getByRole('button', { name: 'Write', exact: true }).click();
      await page.getByText(/^60 characters/).waitFor();
      const written = (await page.getByRole('listbox').getByRole('option').allTextContents())
        .join('')
        .replaceAll('⏎', '');
      const options = ['--prompt', 'the whale', '--tokens', '60', '--temperature', '0.8', '--seed', '1'];
      const said = await succeed(['generate', directory, ...options, '--device', 'cpu'], { cwd: folder });
      expect(said).toContain(`the whale${written}`);

      await succeed(['train', '--resume', directory, '--steps', '120', '--device', 'cpu'], { cwd: folder });
      const losses = lossesIn(directory);
      expect(losses.length).toBeGreaterThan(2);
      expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);

      const zip = zipSync({
        'further/training_state.safetensors': readFileSync(join(directory, 'training_state.safetensors')),
        'further/metrics.jsonl': readFileSync(join(directory, 'metrics.jsonl')),
        'further/text.txt': readFileSync(join(directory, 'text.txt')),
      });
      await page.goto(address);
      await page
        .locator('.runs input[type=file]')
        .first()
        .setInputFiles(files({ 'further.zip': zip }));
      await page.getByRole('heading', { name: 'further' }).waitFor();
      expect(await figure(page, 'Step')).toBe('120 of 120');
      await page.getByLabel('Up to step').fill('140');
      await page.getByRole('button', { name: 'Train further' }).click();
      await expect.poll(() => figure(page, 'Step')).toBe('140 of 140');
    }));

  it('from the command line to the app, which asks for its text', () =>
    withApp(browser, address, async ({ page }) => {
      writeFileSync(join(folder, 'sea.txt'), text);
      const sizes = ['--block', '16', '--embedding', '16', '--layers', '1', '--heads', '2', '--batch', '4'];
      const options = [
        '--data',
        'sea.txt',
        '--out',
        'sea',
        '--steps',
        '20',
        ...sizes,
        '--device',
        'cpu',
        '--no-tensorboard',
      ];
      await succeed(['train', 'gpt-nano', ...options], { cwd: folder });
      const state = { 'training_state.safetensors': readFileSync(join(folder, 'sea/training_state.safetensors')) };
      const choose = page.locator('.runs input[type=file]').first();
      await choose.setInputFiles(files(state));
      await page.getByText(/now the text that it was trained on: sea\.txt, 2,2\d\d characters/).waitFor();
      await choose.setInputFiles(files({ 'other.txt': 'another text' }));
      await page.getByText('This is not the text that the run was trained on.').waitFor();
      await choose.setInputFiles(files({ 'sea.txt': text }));
      await page.getByRole('heading', { name: 'gpt-nano' }).waitFor();
      await page.getByLabel('Device').selectOption('wasm');
      await page.getByLabel('Up to step').fill('40');
      await page.getByRole('button', { name: 'Train further' }).click();
      await expect.poll(() => figure(page, 'Step')).toBe('40 of 40');
    }));

  it('as one of its programs', () =>
    withApp(browser, address, async ({ page }) => {
      await start(page, { steps: 20 });
      await done(page);
      await page.getByLabel('Program').selectOption('generate');
      const { name, bytes } = await savedBy(page, () => page.getByRole('button', { name: 'Save as .onnx' }).click());
      expect(name).toBe('gpt-nano.generate.onnx');
      writeFileSync(join(folder, name), bytes);
      const said = await succeed(['generate', name, '--prompt', 'the', '--tokens', '5', '--device', 'cpu'], {
        cwd: folder,
      });
      expect(said).toMatch(/^the/);
    }));
});

describe.skipIf(browser === undefined)('the app refuses in a sentence', () => {
  it.each([
    ['a text too short for a block', 'a short text', /^The text has 12 characters/],
    ['an empty text', '', /^Pasted text is empty/],
  ])('%s', (_what, given, message) =>
    withApp(browser, address, async ({ page }) => {
      await page.getByLabel('A text of your own').check();
      await page.getByLabel('Paste it here').fill(given);
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      await page.getByRole('alert').waitFor();
      await expect.poll(() => page.getByRole('alert').textContent()).toMatch(message);
    }),
  );

  it('heads that don’t fit, a file that is no text, a file that is no run, and one cut short', () =>
    withApp(browser, address, async ({ page }) => {
      const alert = page.getByRole('alert');
      await page.getByText('Sizes and learning rate').click();
      await page.getByLabel('Heads', { exact: true }).fill('3');
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      await expect.poll(() => alert.textContent()).toMatch(/heads/);

      const run = page.locator('.runs input[type=file]').first();
      await run.setInputFiles(files({ 'cat.png': 'PNG' }));
      await expect.poll(() => alert.textContent()).toMatch(/^cat\.png is no run: drop the folder/);
      await run.setInputFiles(files({ 'training_state.safetensors': 'garbage, and more of it' }));
      await expect.poll(() => alert.textContent()).toMatch(/^The files\/training_state\.safetensors /);

      await page.getByLabel('A text of your own').check();
      await page.locator('form input[type=file]').setInputFiles(files({ 'cat.txt': Buffer.from([0xff, 0xfe, 0x00]) }));
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      await expect.poll(() => alert.textContent()).toMatch(/^cat\.txt .*UTF-8/);
    }));
});
