import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { afterAll, describe, expect, it } from 'vitest';
import { serveApp, withApp } from '../support/app.ts';
import { startChromium } from '../support/example-page.ts';

const browser = await startChromium();
afterAll(() => browser?.close());
const server = await serveApp();
afterAll(() => server.close());

const views = { mask: 'The mask', write: 'Let it write', train: 'Train one', inside: 'Look inside' } as const;
type ViewName = keyof typeof views;
const names = Object.keys(views) as ViewName[];

/** Waits until a view shows what it shows at first. */
async function settled(page: Page, view: ViewName): Promise<void> {
  await page.getByRole('heading', { level: 1, name: views[view] }).waitFor();
  const signs: Readonly<Record<ViewName, () => Promise<void>>> = {
    mask: async () => {
      await page.getByLabel('A short text').fill('ab');
      await page.getByText('Both forms are equal').waitFor();
    },
    write: () => page.getByText(/gpt-nano: [\d,]+ parameters/).waitFor(),
    train: () => page.getByLabel('Stage of the ladder').waitFor(),
    inside: () => page.getByRole('tree').waitFor(),
  };
  await signs[view]();
}

/**
 * What axe holds to be serious or worse, each with the elements that it is about.
 * @param rules all, unless told
 */
async function seriousFindings(page: Page, rules?: string[]): Promise<readonly string[]> {
  // The pages have no frames of others; what axe does for those takes as long as the rest.
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const { violations } = await (rules === undefined ? axe : axe.withRules(rules)).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

describe.skipIf(browser === undefined)('every view', () => {
  it.each(names)('%s has no serious finding of axe, in light and in dark, and does not scroll sideways', (view) =>
    withApp(browser, `${server.address}/#${view}`, async ({ page }) => {
      await settled(page, view);
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
      expect(await seriousFindings(page)).toEqual([]);
      // Nothing but the colours is other in the dark.
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await seriousFindings(page, ['color-contrast'])).toEqual([]);
      for (const width of [390, 1024, 1600]) {
        await page.setViewportSize({ width, height: 900 });
        const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
        expect([width, scrollWidth]).toEqual([width, clientWidth]);
      }
    }),
  );

  it('is reached from the head, tells its name in the title, and is skipped to by the first key', () =>
    withApp(browser, `${server.address}/`, async ({ page }) => {
      await settled(page, 'mask');
      const navigation = page.getByRole('navigation', { name: 'Views' });
      for (const [view, label] of [
        ['write', 'Write'],
        ['train', 'Train'],
        ['inside', 'Look inside'],
        ['mask', 'Mask'],
      ] as const) {
        await navigation.getByRole('link', { name: label }).click();
        await page.getByRole('heading', { level: 1, name: views[view] }).waitFor();
        await expect.poll(() => page.title()).toBe(`${label} · trilu`);
        expect(await navigation.locator('[aria-current=page]').textContent()).toBe(label);
      }
      await page.reload();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('content');
    }));

  it('is light, dark or as the system has it, and remembers', () =>
    withApp(browser, `${server.address}/#train`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: 'light' });
      const paper = (): Promise<string> =>
        page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const light = await paper();
      await page.emulateMedia({ colorScheme: 'dark' });
      const dark = await paper();
      expect(dark).not.toBe(light);
      await page.getByRole('button', { name: 'Colours: system' }).click();
      expect(await paper()).toBe(light);
      await page.reload();
      await page.getByRole('button', { name: 'Colours: light' }).click();
      expect(await paper()).toBe(dark);
    }));
});

describe.skipIf(browser === undefined)('the page', () => {
  it('is not cross-origin isolated on a plain server: it works with one thread, and with all after a reload', async () => {
    const plain = await serveApp({});
    try {
      await withApp(
        browser,
        `${plain.address}/#mask`,
        async ({ page }) => {
          await settled(page, 'mask');
          expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(false);
          await page.getByText('one thread of WebAssembly').waitFor();
          // The service worker sends the headers from then on.
          await page.evaluate(() => navigator.serviceWorker.ready);
          await page.reload();
          await settled(page, 'mask');
          expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
        },
        { expected: /ERR_ABORTED/, keepsItself: true },
      );
    } finally {
      await plain.close();
    }
  });

  it('works without a network once it was loaded', () =>
    withApp(
      browser,
      `${server.address}/#write`,
      async ({ page, context }) => {
        await page.locator('html[data-offline=ready]').waitFor();
        await context.setOffline(true);
        await page.reload();
        await settled(page, 'write');
        await page.getByLabel('Characters', { exact: true }).fill('10');
        await page.getByLabel('Device').selectOption('wasm');
        await page.getByRole('button', { name: 'Write', exact: true }).click();
        await page.getByText(/^10 characters/).waitFor();
        for (const view of ['mask', 'train', 'inside'] as const) {
          await page.goto(`${server.address}/#${view}`);
          await settled(page, view);
        }
      },
      // The browser looks for a newer service worker, and finds no network.
      { expected: /service-worker\.js|ERR_INTERNET_DISCONNECTED/, keepsItself: true },
    ));

  it('says so, quietly, where there is no WebGPU, in the browser as people have it', async () => {
    const without = await startChromium((args) => args.filter((arg) => arg !== '--enable-unsafe-webgpu'), 'whole');
    try {
      await withApp(
        without,
        `${server.address}/#write`,
        async ({ page }) => {
          await page.getByText('No WebGPU here: models run on WebAssembly').waitFor();
          expect(await page.getByRole('option', { name: 'WebGPU (not here)' }).isDisabled()).toBe(true);
          await page.getByLabel('Characters', { exact: true }).fill('10');
          await page.getByRole('button', { name: 'Write', exact: true }).click();
          await page.getByText(/^10 characters, [\d,]+ a second on wasm/).waitFor();
          // The browser itself remarks upon being asked.
        },
        { expected: /No available adapters/ },
      );
    } finally {
      await without?.close();
    }
  });

  it('leaves ONNX Runtime to its workers, so that it never stands still', () =>
    withApp(browser, `${server.address}/#write`, async ({ page }) => {
      await page.getByLabel('Characters', { exact: true }).fill('10');
      await page.getByLabel('Device').selectOption('wasm');
      await page.getByRole('button', { name: 'Write', exact: true }).click();
      await page.getByText(/^10 characters/).waitFor();
      const fetched = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
      expect(fetched.some((name) => name.includes('/assets/'))).toBe(true);
      expect(fetched.filter((name) => /ort[.-]/.test(name))).toEqual([]);
      expect(page.workers().length).toBeGreaterThan(0);
    }));
});
