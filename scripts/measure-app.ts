/**
 * Measures the built app in Chromium, as any server serves it: npm run app:build && npx tsx scripts/measure-app.ts
 *
 * What is compared takes turns (A B A B) in this one run; medians and the ratio of medians are printed.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { type Browser, type Page, chromium as playwright } from 'playwright';
import { runTrilu } from '../test/cli/command.ts';
import { savedBy, serveApp } from '../test/support/app.ts';
import { chromium } from '../test/support/chromium.ts';
import { zippedSize } from './zipped-size.ts';

const settings = chromium('whole');
if (settings === undefined) throw new Error('There is no Chromium: apt-get install chromium');
const browser = await playwright.launch(settings);
const server = await serveApp();
const turns = 3;
const threads = availableParallelism();

/** A page in a profile of its own: nothing is in any cache. */
async function inNewProfile<Result>(hash: string, act: (page: Page) => Promise<Result>): Promise<Result> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
  try {
    const page = await context.newPage();
    await page.addInitScript(() => {
      const tasks: number[] = [];
      Object.assign(globalThis, { tasks });
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
        type: 'longtask',
        buffered: true,
      });
    });
    await page.goto(`${server.address}/${hash}`);
    return await act(page);
  } finally {
    await context.close();
  }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN;
}

function tell(what: string, value: string): void {
  console.log(`${what.padEnd(56)} ${value}`);
}

function tellMedian(what: string, numbers: readonly number[]): void {
  tell(what, `${median(numbers).toFixed(0)} (${numbers.map(Math.round).join(', ')})`);
}

/** The longest task of the page since this was last asked, or since the page began, in milliseconds: 0 when none took 50. */
function longestTask(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { tasks } = globalThis as unknown as { readonly tasks: number[] };
    return Math.max(0, ...tasks.splice(0));
  });
}

/** Bytes, gzipped, of the app's own code that is fetched before a view has shown what it shows at first: page, engine and styles. */
async function codeOf(view: string): Promise<number> {
  const files = new Set<string>();
  const context = await browser.newContext({ serviceWorkers: 'block' });
  context.on('request', (request) => files.add(new URL(request.url()).pathname));
  const page = await context.newPage();
  await page.goto(`${server.address}/#${view}`);
  await page.waitForLoadState('networkidle');
  if (view === 'write') await write(page);
  else await page.waitForTimeout(5000);
  await context.close();
  const code = [...files].filter((file) => /\.(js|css)$/.test(file) && !/\/ort[.-]/.test(file));
  return zippedSize(code.map((file) => join(import.meta.dirname, '../dist/app', file)));
}

/** Milliseconds from the navigation until the text field is there and takes what is typed. */
async function firstInteraction(): Promise<number> {
  return inNewProfile('#mask', async (page) => {
    const field = page.getByLabel('A short text');
    await field.fill('abc');
    return page.evaluate(() => performance.now());
  });
}

async function write(page: Page): Promise<number> {
  await page.getByLabel('Device').selectOption('wasm');
  await page.getByLabel('Characters', { exact: true }).fill('1000');
  const speed = page.getByText(/characters, [\d,]+ a second on/);
  // The first time the model is opened, and ONNX Runtime compiled.
  for (let turn = 0; turn < 2; turn += 1) {
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await speed.waitFor({ timeout: 120_000 });
  }
  return Number(/ ([\d,]+) a second/.exec((await speed.textContent()) ?? '')?.[1]?.replaceAll(',', ''));
}

/** What the metrics of a run tell of its speed, in tokens a second, without its first report. */
function speedOf(metrics: string): number {
  const lines = metrics.trimEnd().split('\n').slice(1);
  return median(lines.map((line) => JSON.parse(line).tokens_per_second));
}

async function trainInApp(steps: number): Promise<{ speed: number; longest: number; longestBefore: number }> {
  return inNewProfile('#train', async (page) => {
    await page.getByLabel('Device').selectOption('wasm');
    await page.getByLabel('Steps', { exact: true }).fill(`${steps}`);
    const longestBefore = await longestTask(page);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('button', { name: 'Train further' }).waitFor({ timeout: 600_000 });
    const longest = await longestTask(page);
    const zip = await savedBy(page, () =>
      page.getByRole('button', { name: 'Save the model directory (.zip)' }).click(),
    );
    const files = unzipSync(zip.bytes, { filter: ({ name }) => name.endsWith('/metrics.jsonl') });
    return { speed: speedOf(new TextDecoder().decode(Object.values(files)[0])), longest, longestBefore };
  });
}

async function trainInNode(steps: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'trilu-measure-'));
  try {
    const options = [
      '--steps',
      `${steps}`,
      '--device',
      'cpu',
      '--threads',
      `${threads}`,
      '--out',
      'run',
      '--no-tensorboard',
    ];
    const { code, stderr } = await runTrilu(['train', 'gpt-nano', ...options], { cwd: folder });
    if (code !== 0) throw new Error(stderr);
    return speedOf(readFileSync(join(folder, 'run/metrics.jsonl'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes that the browser's pages hold in memory, all of their processes together; Linux only. */
function memoryOfPages(): number {
  const lines = execFileSync('ps', ['-eo', 'rss,args'], { encoding: 'utf8' }).split('\n');
  const pages = lines.filter((line) => line.includes('--type=renderer') && !line.includes('--extension-process'));
  return pages.reduce((sum, line) => sum + Number.parseInt(line.trim(), 10) * 1024, 0);
}

/** Memory of the pages on the way of a training of so many steps, five times. */
async function memoryWhileTraining(steps: number): Promise<readonly (readonly [step: number, bytes: number])[]> {
  return inNewProfile('#train', async (page) => {
    await page.getByLabel('Device').selectOption('wasm');
    await page.getByLabel('Steps', { exact: true }).fill(`${steps}`);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    const seen: (readonly [number, number])[] = [];
    const figure = page.locator('.figures div').filter({ has: page.locator('dt').getByText('Step', { exact: true }) });
    for (let wanted = steps / 5; wanted <= steps; wanted += steps / 5) {
      for (;;) {
        const step = Number(((await figure.locator('dd').textContent()) ?? '0').split(' ')[0]?.replaceAll(',', ''));
        if (step >= wanted) {
          seen.push([step, memoryOfPages()]);
          break;
        }
        await page.waitForTimeout(50);
      }
    }
    return seen;
  });
}

console.log(`${cpus()[0]?.model}, ${threads} threads, Chromium ${(browser as Browser).version()}`);
const only = process.argv[2];
const wanted = (name: string): boolean => only === undefined || only === name;
if (wanted('code')) {
  for (const view of ['mask', 'write', 'train', 'inside']) {
    tell(`code that a first visit to ${view} fetches, gzipped, kB`, ((await codeOf(view)) / 1000).toFixed(1));
  }
}
if (wanted('interaction')) {
  const times: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) times.push(await firstInteraction());
  tell('first interaction, cold, milliseconds (median of 5)', median(times).toFixed(0));
}
if (wanted('write')) {
  const speeds: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) speeds.push(await inNewProfile('#write', write));
  tellMedian('gpt-nano writes 1,000 characters, characters a second', speeds);
}
if (wanted('train')) {
  const app: number[] = [];
  const node: number[] = [];
  const longest: number[] = [];
  const longestBefore: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const trained = await trainInApp(100);
    app.push(trained.speed);
    longest.push(trained.longest);
    longestBefore.push(trained.longestBefore);
    node.push(await trainInNode(100));
  }
  tellMedian('gpt-nano learns in the app, wasm, tokens a second', app);
  tellMedian('gpt-nano learns in Node, cpu, tokens a second', node);
  tell('app / Node', (median(app) / median(node)).toFixed(2));
  tellMedian('longest task of the page before, milliseconds', longestBefore);
  tellMedian('longest task of the page meanwhile, milliseconds', longest);
}
if (wanted('memory')) {
  for (const [step, bytes] of await memoryWhileTraining(1000)) {
    tell(`memory of the page's processes at step ${step}, MB`, (bytes / 1e6).toFixed(1));
  }
}
await browser.close();
await server.close();
