import { type Browser, type Page, chromium as playwright } from 'playwright';
import { baselineOnly, chromium } from './chromium.ts';

/** What came of a click on "Train". */
export interface Learned {
  /** The last line of the status. */
  readonly status: string;
  readonly losses: readonly number[];
  readonly notices: readonly string[];
  readonly written: string;
  /** How often a second a timer of 10 ms came through while the model learned: 100 when nothing is in its way. */
  readonly ticksPerSecond: number;
}

/** Starts Debian's Chromium; undefined when there is none. @param as see `chromium` */
export async function startChromium(
  change: (args: string[]) => string[] = (args) => args,
  as: 'whole' | 'shell' = 'shell',
): Promise<Browser | undefined> {
  const settings = chromium(as);
  if (settings === undefined) return undefined;
  return playwright.launch({ ...settings, args: change([...settings.args, baselineOnly]) });
}

/** What was seen of a page beside its own doings. */
export interface Watched {
  /** The files of the workers that were started, threads of WebAssembly included. */
  readonly workers: readonly string[];
  /** Errors and warnings of the console, errors that nobody caught, and requests that failed. */
  readonly complaints: readonly string[];
}

/** Opens a page of its own, and does something there. A browser's pages share a context: a new one costs more than most pages do. */
export async function visit<Result>(
  browser: Browser | undefined,
  address: string,
  act: (page: Page) => Promise<Result>,
): Promise<Watched & { readonly result: Result }> {
  if (browser === undefined) throw new Error('there is no browser: skip the test');
  const context = browser.contexts()[0] ?? (await browser.newContext());
  const page = await context.newPage();
  try {
    const complaints: string[] = [];
    const workers: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
    });
    page.on('worker', (worker) => workers.push(new URL(worker.url()).pathname));
    await page.goto(address);
    return { result: await act(page), workers, complaints };
  } finally {
    await page.close();
  }
}

/** Opens an example's page, fills in its form, clicks on "Train", and waits until it has ended. */
export async function learnIn(
  browser: Browser | undefined,
  address: string,
  fields: Readonly<Record<string, string>>,
): Promise<Learned & Watched> {
  const { result, ...watched } = await visit(browser, address, (page) => page.evaluate(watchTraining, fields));
  return { ...result, ...watched };
}

/** Runs inside the page. */
export function watchTraining(fields: Readonly<Record<string, string>>): Promise<Learned> {
  const textOf = (selector: string): string => document.querySelector(selector)?.textContent ?? '';
  const button = document.querySelector('button');
  if (button === null) throw new Error('the page has no button');
  for (const [name, value] of Object.entries(fields)) {
    const field = document.querySelector<HTMLInputElement | HTMLSelectElement>(`[name=${name}]`);
    if (field === null) throw new Error(`the page has no field ${name}`);
    field.value = value;
  }
  const losses: number[] = [];
  let ticks = 0;
  let started = 0;
  const timer = setInterval(() => {
    if (started > 0) ticks += 1;
  }, 10);
  return new Promise((settle) => {
    new MutationObserver(() => {
      const loss = /step \d+: loss ([\d.]+)$/.exec(textOf('#status'))?.[1];
      if (loss !== undefined && textOf('#written') === '') {
        losses.push(Number(loss));
        if (started === 0) started = performance.now();
      }
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
    new MutationObserver(() => {
      if (button.disabled) return;
      clearInterval(timer);
      settle({
        status: textOf('#status'),
        losses,
        notices: [...document.querySelectorAll('#notices li')].map((item) => item.textContent ?? ''),
        written: textOf('#written'),
        ticksPerSecond: (ticks * 1000) / (performance.now() - started),
      });
    }).observe(button, { attributes: true, attributeFilter: ['disabled'] });
    button.click();
  });
}
