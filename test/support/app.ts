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
  /** Whether the app may keep itself for when there is no network: all of its files, which takes a while. */
  readonly keepsItself?: boolean;
}

/**
 * Opens the app in a browser profile of its own, and fails if the console, the page or a request complained of anything that was not
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
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    acceptDownloads: true,
    serviceWorkers: keepsItself ? 'allow' : 'block',
  });
  context.setDefaultTimeout(120_000);
  const complaints: string[] = [];
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    // What a reload has cut short has not failed.
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${reason}`);
  });
  try {
    const page = await context.newPage();
    await page.goto(address);
    const result = await act({ page, context });
    const blocked = 'Service Worker registration blocked by Playwright';
    const unexpected = complaints.filter((complaint) => complaint !== blocked && !expected.test(complaint));
    if (unexpected.length > 0) throw new Error(`the app complained: ${unexpected.join('; ')}`);
    return result;
  } finally {
    await context.close();
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
