import type { Page } from 'playwright';
import { afterAll, describe, expect, it } from 'vitest';
import { inspectModel } from '../../src/onnx/inspection.ts';
import { open } from '../../src/runtime/node/open.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { savedBy, serveApp, withApp } from '../support/app.ts';
import { startChromium } from '../support/example-page.ts';

const browser = await startChromium();
afterAll(() => browser?.close());
const server = await serveApp();
afterAll(() => server.close());
const address = `${server.address}/#mask`;

/** The numbers in the cells of a step's first grid, row by row, as they are told to a screen reader or shown. */
async function matrix(page: Page, step: number, index = 0): Promise<number[][]> {
  const grid = page.locator(`#step-${step}`).getByRole('grid').nth(index);
  await grid.scrollIntoViewIfNeeded();
  return grid.evaluate((table) =>
    [...table.querySelectorAll('tbody tr')].map((row) =>
      [...row.querySelectorAll('td')].map((cell) => {
        const told = cell.getAttribute('aria-label') ?? cell.textContent ?? '';
        const number = told.split(' ').at(-1)?.replace('−', '-') ?? '';
        return number === '-∞' ? Number.NEGATIVE_INFINITY : Number(number);
      }),
    ),
  );
}

async function type(page: Page, text: string): Promise<void> {
  await page.getByLabel('A short text').fill(text);
  const length = Array.from(text).length;
  const step = page.locator('#step-4');
  await step.getByText(`weights ${length} × ${length}`).waitFor();
  await expect.poll(() => step.locator('.readout').textContent()).not.toMatch(/Loading/);
}

/** What a matrix of size n must be at each place. */
function expected(size: number, at: (row: number, column: number) => number): number[][] {
  return Array.from({ length: size }, (_, row) => Array.from({ length: size }, (_, column) => at(row, column)));
}

describe.skipIf(browser === undefined)('the mask, step by step', () => {
  it('goes from zeros by Trilu, Where and Softmax to the average of the past, by real graphs', () =>
    withApp(browser, address, async ({ page }) => {
      await type(page, 'abcd');
      await expect.poll(() => matrix(page, 1)).toEqual(expected(4, () => 0));
      await expect.poll(() => matrix(page, 2)).toEqual(expected(4, (row, column) => Number(column <= row)));
      await expect
        .poll(() => matrix(page, 3))
        .toEqual(expected(4, (row, column) => (column <= row ? 0 : Number.NEGATIVE_INFINITY)));
      await expect.poll(async () => (await matrix(page, 4)).flat().length).toBe(16);
      const weights = await matrix(page, 4);
      for (const [row, numbers] of weights.entries()) {
        for (const [column, weight] of numbers.entries()) {
          expect(weight).toBeCloseTo(column <= row ? 1 / (row + 1) : 0, 2);
        }
      }
      for (const operator of ['Trilu', 'Where', 'Softmax']) {
        await expect.poll(() => page.locator('#step-4').getByText(operator, { exact: true }).count()).toBe(1);
      }
      // What is saved is what was run.
      const { name, bytes } = await savedBy(page, () => page.locator('#step-4').getByText('Save this graph').click());
      expect(name).toMatch(/\.onnx$/);
      const { operators, inputs, outputs } = inspectModel(bytes);
      expect(operators.map(({ operator }) => operator)).toEqual(expect.arrayContaining(['Trilu', 'Where', 'Softmax']));
      const session = await open(bytes, { device: 'cpu', worker: false });
      const feed = tensor('float32', [2, 2], [0, 0, 0, 0]);
      const results = await session.run({ [inputs[0]?.name ?? '']: feed });
      expect([...(results[outputs.at(-1)?.name ?? '']?.data ?? [])]).toEqual([1, 0, 0.5, 0.5]);
      await session.dispose();
    }));

  it('puts the affinities of the trained model in the place of the zeros, and they equal its own attention', () =>
    withApp(browser, address, async ({ page }) => {
      await type(page, 'the sea');
      const step = page.locator('#step-5');
      await step.getByText(/own attention.*equal/).waitFor();
      const before = await matrix(page, 5);
      expect(new Set(before.flat()).size).toBeGreaterThan(20);
      await step.getByLabel('Layer').selectOption({ index: 2 });
      await step.getByText('scores.2').first().waitFor();
      await expect.poll(() => matrix(page, 5)).not.toEqual(before);
      await page
        .locator('#step-6')
        .getByText(/Both forms are equal/)
        .waitFor();
    }));

  it('is computed on webgpu as well', () =>
    withApp(browser, address, async ({ page }) => {
      await page.getByLabel('Device').selectOption('webgpu');
      await type(page, 'ab');
      await expect
        .poll(() => matrix(page, 4))
        .toEqual([
          [1, 0],
          [0.5, 0.5],
        ]);
      await page
        .locator('#step-5')
        .getByText(/own attention/)
        .waitFor();
      await page
        .locator('#step-6')
        .getByText(/Both forms are equal/)
        .waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
    }));

  it('tells the value under the pointer and at the keys', () =>
    withApp(browser, address, async ({ page }) => {
      await type(page, 'abc');
      const step = page.locator('#step-4');
      await step.locator('tbody td').nth(3).hover();
      await expect.poll(() => step.locator('.readout').textContent()).toMatch(/0\.5/);
      await page.mouse.move(0, 0);
      await step.locator('td[tabindex="0"]').focus();
      await page.keyboard.press('End');
      await expect.poll(() => step.locator('.readout').textContent()).toMatch(/looks at column 3 ‘c’: 0$/);
    }));

  it('takes an empty text and an unknown character kindly', () =>
    withApp(browser, address, async ({ page }) => {
      await type(page, 'ab');
      await page.getByLabel('A short text').fill('日本');
      await page.getByText(/日/).first().waitFor();
      await page.locator('#step-4').getByText('weights 2 × 2').waitFor();
      await page.getByLabel('A short text').fill('');
      await page.getByText(/Type/).first().waitFor();
    }));
});
