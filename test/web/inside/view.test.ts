import type { Page } from 'playwright';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeModel } from '../../../src/onnx/codec.ts';
import { files, savedBy, serveApp, withApp } from '../../support/app.ts';
import { startChromium } from '../../support/example-page.ts';
import { tinyFile, tinyModel } from '../../support/tiny-ladder.ts';
import { affine } from '../../support/tiny-models.ts';

const browser = await startChromium();
afterAll(() => browser?.close());
const server = await serveApp();
afterAll(() => server.close());
const address = `${server.address}/#inside`;

const item = (page: Page, name: string | RegExp) => page.getByRole('tree').getByRole('treeitem', { name });

describe.skipIf(browser === undefined)('look inside', () => {
  it('opens scopes down to a node, and tells its attributes, shapes and the histogram of its weights', () =>
    withApp(browser, address, async ({ page }) => {
      await item(page, /^h\.0/).waitFor();
      await page.getByRole('searchbox').fill('c_attn.weight');
      await page.getByText('transformer.h.2.attn.c_attn.weight').first().click();
      const details = page.getByRole('region', { name: 'Details' });
      await expect.poll(() => details.textContent()).toMatch(/MatMul/);
      await expect.poll(() => details.textContent()).toMatch(/transformer\.h\.2\.attn\.c_attn\.weight/);
      await expect.poll(() => details.textContent()).toMatch(/128.*384/);
      expect(await details.locator('svg').count()).toBeGreaterThan(0);
    }));

  it('shows the training graph of gpt by scopes, in a picture of few boxes, and saves the file', () =>
    withApp(browser, `${address}?model=stage:gpt&program=train`, async ({ page }) => {
      await item(page, /^gradients/)
        .first()
        .waitFor();
      for (const scope of [/^transformer/, /^cross_entropy/, /^adamw/])
        expect(await item(page, scope).count()).toBeGreaterThan(0);
      const { name, bytes } = await savedBy(page, () => page.getByRole('button', { name: /^Download/ }).click());
      expect(name).toBe('gpt-train.onnx');
      const scan = decodeModel(bytes).graph.node?.find(({ opType }) => opType === 'Scan');
      const nodes = scan?.attribute?.find(({ g }) => g !== undefined)?.g?.node?.length ?? 0;
      expect(nodes).toBeGreaterThan(1400);
      await page.getByRole('searchbox').fill('Softmax');
      await page.getByText('6 results').waitFor();
    }));

  const whole = tinyFile('forward', tinyModel('head'));
  it('opens a file of any tool, and tells of one that is none in a sentence', () =>
    withApp(browser, address, async ({ page }) => {
      await item(page, /^h\.0/).waitFor();
      const input = page.locator('input[type=file]').first();
      await input.setInputFiles(files({ 'affine.onnx': affine() }));
      await item(page, /^MatMul/).waitFor();
      await expect.poll(() => page.getByRole('treeitem').count()).toBeLessThan(8);
      const refused: readonly (readonly [string, Uint8Array | string, RegExp])[] = [
        ['notes.onnx', 'this is no model', /notes\.onnx/],
        ['half.onnx', whole.subarray(0, whole.length / 2), /half\.onnx/],
        ['empty.onnx', '', /empty\.onnx/],
      ];
      for (const [name, content, message] of refused) {
        await input.setInputFiles(files({ [name]: content }));
        await expect.poll(() => page.getByRole('alert').textContent()).toMatch(message);
        expect(await item(page, /^MatMul/).count()).toBe(1);
      }
    }));
});
