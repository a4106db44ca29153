import { resolve } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, describe, expect, it } from 'vitest';
import { exportProgram } from '../../src/export/export-program.ts';
import { decodeProgram, forwardProgram } from '../../src/programs/index.ts';
import { readModelDirectory } from '../../src/runs/run-directory.ts';
import { generateText } from '../../src/runtime/generation/generate-text.ts';
import { open } from '../../src/runtime/node/open.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { files, serveApp, withApp } from '../support/app.ts';
import { startChromium } from '../support/example-page.ts';
import { strongWeights, tinyFile, tinyModel } from '../support/tiny-ladder.ts';
import { affine } from '../support/tiny-models.ts';

const browser = await startChromium();
afterAll(() => browser?.close());
const server = await serveApp();
afterAll(() => server.close());
const address = `${server.address}/#write`;

const prompt = 'Call me ';
const shippedFolder = resolve(import.meta.dirname, '../../web/public/gpt-nano');

/** What Node's CPU writes with the shipped model: past the block, so that both programs have their share. */
async function writtenInNode(count: number, seed: number): Promise<string> {
  const { model, weights, tokenizer } = await readModelDirectory(shippedFolder);
  const cpu = { device: 'cpu', worker: false } as const;
  const decode = await open(exportProgram(decodeProgram(model), { weights }), cpu);
  const forward = await open(exportProgram(forwardProgram(model), { weights }), cpu);
  let text = '';
  const sampling = { temperature: 0.8, topK: 0, topP: 1, seed };
  const options = { decode, forward, tokenizer, prompt, count, blockSize: model.block, sampling };
  for await (const piece of generateText(options)) text += piece;
  await decode.dispose();
  await forward.dispose();
  return text;
}

async function write(
  page: Page,
  { device, count, seed }: { device: string; count: number; seed: number },
): Promise<string> {
  await page.getByLabel('Prompt').fill(prompt);
  await page.getByLabel('Characters', { exact: true }).fill(`${count}`);
  await page.getByLabel('Seed').fill(`${seed}`);
  await page.getByLabel('Device').selectOption(device);
  await page.getByRole('button', { name: 'Write', exact: true }).click();
  await page.getByText(/characters, [\d,]+ a second on/).waitFor();
  const written = await characters(page).allTextContents();
  return written.map((character) => character.replace('⏎', '')).join('');
}

/** The characters that can be written with, each an option. */
const characters = (page: Page) => page.getByRole('listbox').getByRole('option');

describe.skipIf(browser === undefined)('the app writes', () => {
  it('on wasm what Node’s CPU writes, shows the alternatives and the attention of a character, and goes on with another', () =>
    withApp(browser, address, async ({ page }) => {
      await expect
        .poll(() => page.getByText(/gpt-nano: 807,168 parameters, 89 characters, block of 64/).count())
        .toBe(1);
      expect(await write(page, { device: 'wasm', count: 90, seed: 3 })).toBe(await writtenInNode(90, 3));
      await expect.poll(() => page.getByText(/^90 characters, [\d,]+ a second on wasm/).count()).toBe(1);

      await characters(page).nth(40).click();
      const shares = await page.locator('.alternatives .share').allTextContents();
      expect(shares).toHaveLength(8);
      const numbers = shares.map((share) => (share.startsWith('<') ? 0 : Number.parseFloat(share)));
      expect(numbers).toEqual([...numbers].sort((one, other) => other - one));
      expect(numbers.reduce((sum, share) => sum + share, 0)).toBeLessThan(101);
      const chosen = await characters(page).nth(40).textContent();
      const heading = page.getByRole('heading', { name: / had / });
      expect(await heading.textContent()).toContain((chosen ?? '').replace(' ', '␣'));

      // Four layers of four heads, of which one is shown over the text.
      await expect.poll(() => page.getByRole('button', { name: /^Layer \d, head \d$/ }).count()).toBe(16);
      await page.getByRole('button', { name: 'Layer 3, head 2' }).click();
      await expect.poll(() => page.getByRole('heading', { name: 'Layer 3, head 2' }).count()).toBe(1);
      await expect.poll(() => page.locator('.looked').textContent()).toHaveLength(prompt.length + 40);

      await page.getByRole('listbox').focus();
      await page.keyboard.press('ArrowRight');
      expect(await characters(page).nth(41).getAttribute('aria-selected')).toBe('true');
      await page.keyboard.press('Home');
      expect(await characters(page).nth(0).getAttribute('aria-selected')).toBe('true');

      const other = page.locator('.alternatives button').nth(3);
      const character = (await other.locator('code').textContent()) ?? '';
      await other.click();
      await page.getByText(/characters, [\d,]+ a second on/).waitFor();
      await expect
        .poll(() => page.locator('.written .prompt').textContent())
        .toBe(prompt + character.replace('␣', ' '));
    }));

  it('on webgpu the same text', () =>
    withApp(
      browser,
      address,
      async ({ page }) => {
        expect(await write(page, { device: 'webgpu', count: 12, seed: 3 })).toBe(await writtenInNode(12, 3));
        await expect.poll(() => page.getByText(/^12 characters, [\d,]+ a second on webgpu/).count()).toBe(1);
      },
      // Dawn tells of the software adapter's limits.
      { expected: /swiftshader|powerPreference/i },
    ));

  it('stops when it is told to, and keeps what it has', () =>
    withApp(browser, address, async ({ page }) => {
      await page.getByLabel('Characters', { exact: true }).fill('5000');
      await page.getByLabel('Device').selectOption('wasm');
      await page.getByRole('button', { name: 'Write', exact: true }).click();
      await characters(page).first().waitFor();
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByText(/characters, [\d,]+ a second on wasm/).waitFor();
      const count = await characters(page).count();
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(5000);
    }));
});

describe.skipIf(browser === undefined)('a model that is dropped', () => {
  const drop = async (page: Page, contents: Readonly<Record<string, Uint8Array | string>>): Promise<void> => {
    await page.getByText('Use another model').click();
    await page.locator('input[type=file]').first().setInputFiles(files(contents));
  };
  const tiny = tinyModel('gpt');
  const int8 = exportProgram(decodeProgram(tiny), {
    weights: strongWeights(tiny),
    tokenizer: CharacterTokenizer.fromVocabulary(Array.from('abcdefghijk')),
    precision: { dtype: 'int8' },
  });

  it('writes, from an .onnx file of any of its programs', () =>
    withApp(browser, address, async ({ page }) => {
      await drop(page, { 'tiny.onnx': tinyFile('evaluate', tinyModel('residual')) });
      await page.getByText(/residual: [\d,]+ parameters, 11 characters, block of 8/).waitFor();
      await page.getByLabel('Characters', { exact: true }).fill('20');
      await page.getByLabel('Device').selectOption('wasm');
      await page.getByRole('button', { name: 'Write', exact: true }).click();
      await page.getByText(/^20 characters/).waitFor();
      expect((await characters(page).allTextContents()).every((character) => 'abcdefghijk'.includes(character))).toBe(
        true,
      );
    }));

  it('writes from a decode program of 8 bits as it is, and says why its attention can’t be shown', () =>
    withApp(browser, address, async ({ page }) => {
      await drop(page, { 'tiny.int8.onnx': int8 });
      await page.getByText(/gpt: [\d,]+ parameters, 11 characters, block of 8/).waitFor();
      await page.getByLabel('Characters', { exact: true }).fill('20');
      await page.getByLabel('Device').selectOption('wasm');
      await page.getByRole('button', { name: 'Write', exact: true }).click();
      await page.getByText(/^20 characters/).waitFor();
      await characters(page).first().click();
      await page.getByText(/no float32 weights any more/).waitFor();
    }));

  const whole = tinyFile('forward', tinyModel('head'));
  it('is refused in a sentence where it is none, and what was there before still works', () =>
    withApp(browser, address, async ({ page }) => {
      await page.getByText('Use another model').click();
      const refused: readonly (readonly [Readonly<Record<string, Uint8Array | string>>, RegExp])[] = [
        [{ 'notes.onnx': 'this is no model' }, /^notes\.onnx .*(not|no) .*ONNX/],
        [{ 'half.onnx': whole.subarray(0, whole.length / 2) }, /^half\.onnx /],
        [{ 'affine.onnx': affine() }, /affine\.onnx was not written by trilu.*Look inside/],
        [{ 'a.txt': 'a', 'b.txt': 'b' }, /^Among these files there is no model: drop/],
        [{ 'cat.png': 'PNG' }, /^cat\.png is no model: drop/],
        [{ 'model.zip': 'PK nothing' }, /^model\.zip is damaged: it is no zip/],
        [{ 'config.json': '{}' }, /config\.json/],
      ];
      for (const [contents, message] of refused) {
        await page.locator('input[type=file]').first().setInputFiles(files(contents));
        await expect.poll(() => page.getByRole('alert').textContent()).toMatch(message);
        await expect.poll(() => page.getByLabel('Model').inputValue()).toBe('gpt-nano');
      }
    }));

  it('and a prompt with a character that the model does not know', () =>
    withApp(browser, address, async ({ page }) => {
      await page.getByLabel('Prompt').fill('日');
      await page.getByRole('button', { name: 'Write', exact: true }).click();
      await page.getByRole('alert').waitFor();
      await expect.poll(() => page.getByRole('alert').textContent()).toMatch(/The prompt.*日/i);
    }));
});
