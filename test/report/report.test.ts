import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium as playwright } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReportData, renderReport } from '../../src/report/report.ts';
import { thinned } from '../../src/report/thin.ts';
import { chromium } from '../support/chromium.ts';

const evil = '</script><script>document.title = "broken"</script><img src=x onerror=alert(1)> & "quotes" \u2028';

const data: ReportData = {
  title: `A run of ${evil}`,
  subtitle: evil,
  summary: [{ label: 'validation loss', value: '1.8800' }],
  charts: [
    {
      title: 'Loss',
      xLabel: 'step',
      series: [
        {
          label: 'training',
          points: Array.from({ length: 5000 }, (_, step) => [step, 4 / (1 + step / 1000)] as const),
        },
        {
          label: 'validation',
          dots: true,
          points: [
            [1000, 2.5],
            [2500, Number.NaN],
            [4000, 1.9],
          ],
        },
      ],
    },
    {
      title: 'learning rate',
      xLabel: 'step',
      small: true,
      series: [
        {
          label: 'rate',
          points: [
            [0, 0],
            [10, 1e-3],
          ],
        },
      ],
    },
    { title: 'nothing', xLabel: 'step', series: [{ label: 'none', points: [] }] },
  ],
  tables: [
    {
      title: 'Stages',
      columns: ['stage', 'loss'],
      rows: [
        ['bigram', '2.49'],
        [evil, '–'],
      ],
    },
  ],
  samples: [
    { step: 100, text: 'first words' },
    { step: 200, text: evil },
  ],
  details: [{ title: 'Settings', columns: ['setting', 'value'], rows: [['batch', '12']] }],
  next: ['npx trilu generate "a run"'],
};

describe('thinning a curve', () => {
  const points = Array.from({ length: 10_001 }, (_, index) => [index, index % 2] as const);

  it('keeps every point while they are few', () => {
    expect(thinned(points.slice(0, 2000))).toEqual(points.slice(0, 2000));
  });

  it('takes the mean of neighbours beyond that, and loses no part of the curve', () => {
    const few = thinned(points);
    expect(few.length).toBeLessThanOrEqual(2000);
    expect(few[0]?.[0]).toBeLessThan(6);
    expect(few.at(-1)?.[0]).toBeGreaterThan(9990);
    for (const [, y] of few.slice(0, -1)) expect(Math.abs(y - 0.5)).toBeLessThan(0.11);
  });
});

const found = chromium();

describe.skipIf(found === undefined)('a report, opened from the disk,', () => {
  let browser: Browser | undefined;
  let folder = '';
  let url = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trilu-report-'));
    const path = join(folder, 'report.html');
    await writeFile(path, await renderReport(data));
    url = pathToFileURL(path).href;
    browser = await playwright.launch(found);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(options: { width: number; colorScheme: 'light' | 'dark'; javaScriptEnabled?: boolean }) {
    if (browser === undefined) throw new Error('there is no browser');
    const { width, ...context } = options;
    const page = await (await browser.newContext({ viewport: { width, height: 800 }, ...context })).newPage();
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:') && !request.url().startsWith('data:')) problems.push(request.url());
    });
    await page.goto(url);
    return { page, problems };
  }

  it.each([
    [390, 'light'],
    [390, 'dark'],
    [1200, 'light'],
    [1200, 'dark'],
  ] as const)(
    '%i px wide and %s, draws its charts, asks nobody for anything, and nothing sticks out',
    async (width, colorScheme) => {
      const { page, problems } = await open({ width, colorScheme });
      await page.waitForSelector('#chart-1 canvas');
      const drawn = await page.$$eval('figure', (figures) =>
        figures.map((figure) => {
          const canvas = figure.querySelector('canvas');
          const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
          return new Set(
            Array.from({ length: pixels.length / 4 }, (_, index) => pixels.slice(4 * index, 4 * index + 4).join()),
          ).size;
        }),
      );
      expect(drawn).toHaveLength(2); // what has no points is left out
      for (const colours of drawn) expect(colours).toBeGreaterThan(5);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      const [page_, text] = await page.evaluate(() => {
        const { backgroundColor, color } = getComputedStyle(document.body);
        return [backgroundColor, color].map((of) => Number(/\d+/.exec(of)?.[0]));
      });
      expect((page_ ?? 0) > (text ?? 0)).toBe(colorScheme === 'light');
      expect(problems).toEqual([]);
    },
  );

  it('shows every text as it is, whatever is in it', async () => {
    const { page, problems } = await open({ width: 1000, colorScheme: 'light' });
    expect(await page.title()).toBe(data.title);
    expect(await page.textContent('.subtitle')).toBe(evil);
    expect(await page.textContent('#sample-text')).toBe(evil);
    expect(await page.textContent('section td >> nth=2')).toBe(evil);
    expect(await page.$$('img')).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('turns over its samples', async () => {
    const { page } = await open({ width: 1000, colorScheme: 'light' });
    expect(await page.textContent('#sample-step')).toBe('step 200');
    await page.locator('#sample').fill('0');
    expect([await page.textContent('#sample-step'), await page.textContent('#sample-text')]).toEqual([
      'step 100',
      'first words',
    ]);
  });

  it('has its numbers and texts without scripts too', async () => {
    const { page } = await open({ width: 1000, colorScheme: 'light', javaScriptEnabled: false });
    expect(await page.textContent('main')).toMatch(/1\.8800[\s\S]*bigram[\s\S]*npx trilu generate "a run"[\s\S]*batch/);
  });
});
