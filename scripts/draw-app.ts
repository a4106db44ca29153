/** Draws the app's views for the README, from the built app itself: npm run app:pictures */
import { join } from 'node:path';
import { type Page, chromium as playwright } from 'playwright';
import { serveApp } from '../test/support/app.ts';
import { chromium } from '../test/support/chromium.ts';

const folder = join(import.meta.dirname, '../docs');
const settings = chromium('whole');
if (settings === undefined) throw new Error('There is no Chromium: apt-get install chromium');
const browser = await playwright.launch(settings);
const server = await serveApp();
const viewport = { width: 1180, height: 860 };

/** How each view comes to show what it is for. */
const views: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  mask: async (page) => {
    await page.getByLabel('A short text').fill('call me ishmael');
    await page
      .locator('#step-5')
      .getByText(/own attention/)
      .waitFor();
    await page.locator('#step-4').evaluate((step) => step.scrollIntoView());
    await page.mouse.wheel(0, -40);
  },
  write: async (page) => {
    await page.getByLabel('Device').selectOption('wasm');
    // Twice: the first time ONNX Runtime is compiled.
    for (let turn = 0; turn < 2; turn += 1) {
      await page.getByRole('button', { name: 'Write', exact: true }).click();
      await page.getByRole('button', { name: 'Stop' }).waitFor();
      await page.getByText(/characters, [\d,]+ a second/).waitFor({ timeout: 60_000 });
    }
    await page.locator('[data-place]', { hasText: /^j$/ }).last().click();
    await page.getByRole('button', { name: 'Layer 1, head 1' }).waitFor();
    await page.locator('.character-details').evaluate((part) => part.scrollIntoView());
    await page.mouse.move(200, 800);
    await page.mouse.wheel(0, -235);
  },
  train: async (page) => {
    await page.getByLabel('Device').selectOption('wasm');
    await page.getByLabel('Steps', { exact: true }).fill('400');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByText(/^3[4-9]\d of 400$/).waitFor({ timeout: 600_000 });
    await page.mouse.move(700, 500);
    await page.mouse.wheel(0, 215);
  },
  inside: async (page) => {
    await page.getByRole('tree').waitFor();
    await page.getByRole('searchbox').fill('Softmax');
    await page.getByText('/transformer/h.0/attn/Softmax').click();
    await page.waitForTimeout(2000);
    await page.mouse.wheel(0, 300);
  },
};

for (const [name, show] of Object.entries(views)) {
  const page = await browser.newPage({ viewport, colorScheme: 'light', reducedMotion: 'reduce' });
  await page.goto(`${server.address}/#${name}`);
  await show(page);
  // What is drawn with a delay comes to its end.
  await page.waitForTimeout(1500);
  await page.screenshot({ path: join(folder, `app-${name}.png`) });
  await page.close();
}
await browser.close();
await server.close();
