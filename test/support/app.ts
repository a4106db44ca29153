import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { isolation, type Server, serveFolder } from './static-server.ts';

const folder = resolve(import.meta.dirname, '../../dist/app');

/** Serves the built app as any static server would, with the headers that give threads unless told. */
export function serveApp(headers: Readonly<Record<string, string>> = isolation): Promise<Server> {
  if (!existsSync(folder)) throw new Error('dist/app is not there: npm run app:build');
  return serveFolder(folder, { headers });
}

/** A page of the app that was opened for a test. */
export interface OpenedApp {
  readonly page: Page;
  readonly context: BrowserContext;
}

/** What a test of the app wants otherwise. */
export interface AppOptions {
  /** Complaints that belong to the test. */
  readonly expected?: RegExp;
  /** Whether the app may keep itself for when there is no network: all of its files, which takes a while. Such a test has a browser profile of its own. */
  readonly keepsItself?: boolean;
}

/**
 * Opens the app as one who was never here before, and fails if the console, the page or a request complained of anything that was not
 * expected.
 * @param address with the view, such as `http://localhost:1234/#write`
 */
export async function withApp<Result>(
  browser: Browser | undefined,
  address: string,
  act: (app: OpenedApp) => Promise<Result>,
  { expected = /(?!)/, keepsItself = false }: AppOptions = {},
): Promise<Result> {
  if (browser === undefined) throw new Error('there is no browser: skip the test');
  const place = keepsItself ? await ownProfile(browser) : await sharedProfile(browser, address);
  try {
    const page = await place.context.newPage();
    const complaints = complaintsOf(page);
    await page.goto(address);
    const result = await act({ page, context: place.context });
    await page.close();
    const unexpected = complaints.filter((complaint) => !expected.test(complaint));
    if (unexpected.length > 0) throw new Error(`the app complained: ${unexpected.join('; ')}`);
    return result;
  } finally {
    await place.leave();
  }
}

/** What a page complains of from now on. */
function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    const blocked = 'Service Worker registration blocked by Playwright';
    if (['error', 'warning'].includes(message.type()) && message.text() !== blocked) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    // What a reload has cut short has not failed.
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${reason}`);
  });
  return complaints;
}

/** Where a page is opened. */
interface Profile {
  readonly context: BrowserContext;
  /** Leaves nothing of a test behind. */
  leave(): Promise<void>;
}

async function newContext(browser: Browser, serviceWorkers: 'allow' | 'block'): Promise<BrowserContext> {
  const viewport = { width: 1280, height: 900 };
  const context = await browser.newContext({ viewport, acceptDownloads: true, serviceWorkers });
  context.setDefaultTimeout(120_000);
  return context;
}

async function ownProfile(browser: Browser): Promise<Profile> {
  const context = await newContext(browser, 'allow');
  return { context, leave: () => context.close() };
}

const sharedProfiles = new WeakMap<Browser, Promise<Profile>>();

/**
 * The profile of all tests of a browser, at one server: a new one takes seconds on a busy machine. A page in it clears what a test has
 * stored.
 */
function sharedProfile(browser: Browser, address: string): Promise<Profile> {
  const known = sharedProfiles.get(browser) ?? makeSharedProfile(browser, address);
  sharedProfiles.set(browser, known);
  return known;
}

async function makeSharedProfile(browser: Browser, address: string): Promise<Profile> {
  const context = await newContext(browser, 'block');
  const keeper = await context.newPage();
  await keeper.goto(new URL('/icon.svg', address).href);
  return { context, leave: () => clear(context, keeper) };
}

/** Closes the pages of a test, and empties what they have stored. */
async function clear(context: BrowserContext, keeper: Page): Promise<void> {
  for (const page of context.pages()) if (page !== keeper) await page.close();
  await keeper.evaluate(removeAll, 30_000);
}

/** Runs inside the page. Files are in use until the workers of a page that was closed have ended. @param patience in milliseconds */
async function removeAll(patience: number): Promise<void> {
  localStorage.clear();
  const files = await navigator.storage.getDirectory();
  const latest = performance.now() + patience;
  for (;;) {
    try {
      for await (const name of files.keys()) await files.removeEntry(name, { recursive: true });
      return;
    } catch (error) {
      if (performance.now() > latest) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The bytes of what a click makes the app save. */
export async function savedBy(page: Page, click: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return { name: download.suggestedFilename(), bytes: Buffer.concat(chunks) };
}

/** Files for an `<input type="file">`. */
export function files(contents: Readonly<Record<string, Uint8Array | string>>): {
  name: string;
  mimeType: string;
  buffer: Buffer;
}[] {
  return Object.entries(contents).map(([name, content]) => ({
    name,
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(content),
  }));
}
