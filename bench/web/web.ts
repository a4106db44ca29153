import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import { gpt, gptNano } from '../../models/index.ts';
import { UserError } from '../../src/errors.ts';
import { exportProgram } from '../../src/export/export-program.ts';
import type { ConfiguredModel } from '../../src/model/index.ts';
import { forwardProgram, modelParameters, trainProgram } from '../../src/programs/index.ts';
import { initialize } from '../../src/train/initialize.ts';
import { initialState } from '../../src/train/trainer/training-state.ts';
import { chromium as debianChromium } from '../../test/support/chromium.ts';
import { serveFolder } from '../../test/support/static-server.ts';
import { type Summary, summarize } from '../common/statistics.ts';
import { optimizer } from '../train/workload.ts';

/** What is measured in a browser. */
export interface WebBench {
  readonly rounds: number;
  /** Training steps that are timed together. */
  readonly steps: number;
}

export const webBenchDefaults: WebBench = { rounds: 5, steps: 5 };

/** Times in milliseconds. */
export interface WebReport {
  readonly browser: string;
  /** gpt's forward program (43 MB) on wasm: from a page that has loaded nothing yet to a session that is ready. */
  readonly openGpt: Summary;
  readonly runGpt: Summary;
  /** A training step of a small GPT on WebGPU, plain and by graph capture. */
  readonly plainStep: Summary;
  readonly replayedStep: Summary;
  readonly captureRatio: number;
  /** The largest difference between the two sides' losses. */
  readonly lossDifference: number;
}

/** A training step that software can play: 2 layers, 32 wide. */
const trained = gptNano.configure({ vocabulary: 11, block: 16, layers: 2, heads: 2, embedding: 32 });
const sizes = { batch: 4, time: 16 };

/**
 * Measures trilu in Chromium, from the built package (`npm run build`).
 * @throws UserError where Chromium or the build is missing
 */
export async function benchWeb({ rounds, steps }: WebBench, say: (line: string) => void): Promise<WebReport> {
  const launch = debianChromium('whole');
  if (launch === undefined) throw new UserError('There is no Chromium to measure in: apt-get install chromium');
  const folder = await makeFolder();
  const server = await serveFolder(folder);
  const browser = await chromium.launch({ ...launch, headless: true });
  try {
    const openings: { open: number; run: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      say(`opening gpt, ${round + 1} of ${rounds}`);
      openings.push(
        await onPage(browser, server.address, 'measureOpening', { model: 'gpt.onnx', device: 'wasm', time: 256 }),
      );
    }
    say('training steps, plain and replayed');
    const state = Object.entries(initialState(trained, { seed: 1, optimizer })).map(
      ([name, { type, shape, data }]) => ({ name, type, shape, data: Array.from<number | bigint | string>(data) }),
    );
    const settings = { model: 'train.onnx', state, ...sizes, steps, rounds: rounds * 2 };
    const { times, losses } = await onPage<Captured>(browser, server.address, 'measureCapture', settings);
    const [plainStep, replayedStep] = [summarize(times.plain), summarize(times.replayed)];
    const differences = losses.plain.map((loss, index) => Math.abs(loss - (losses.replayed[index] ?? Number.NaN)));
    return {
      browser: `Chromium ${browser.version()}`,
      openGpt: summarize(openings.map(({ open }) => open)),
      runGpt: summarize(openings.map(({ run }) => run)),
      plainStep,
      replayedStep,
      captureRatio: replayedStep.median / plainStep.median,
      lossDifference: Math.max(...differences),
    };
  } finally {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true });
  }
}

interface Captured {
  readonly times: { readonly plain: number[]; readonly replayed: number[] };
  readonly losses: { readonly plain: number[]; readonly replayed: number[] };
}

/** Calls a function of the page in a fresh profile, with nothing in any cache. */
async function onPage<Result>(browser: Browser, address: string, name: string, settings: object): Promise<Result> {
  const context = await browser.newContext();
  try {
    const page: Page = await context.newPage();
    await page.goto(`${address}/page.html`);
    await page.waitForFunction((wanted) => wanted in globalThis, name);
    return await page.evaluate(([wanted, given]) => Reflect.get(globalThis, wanted)(given), [name, settings] as const);
  } finally {
    await context.close();
  }
}

/** What the server serves: the page, the built package, onnxruntime-web and the models. */
async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trilu-bench-web-'));
  const page = resolve(import.meta.dirname, 'page');
  for (const name of await readdir(page)) await copyFile(join(page, name), join(folder, name));
  await symlink(built(), join(folder, 'trilu'));
  await symlink(
    resolve(import.meta.dirname, '../../node_modules/onnxruntime-web/dist'),
    join(folder, 'onnxruntime-web'),
  );
  const whole = gpt.configure({ vocabulary: 65, dropout: 0 });
  await writeFile(join(folder, 'gpt.onnx'), exportProgram(forwardProgram(whole), { weights: someWeights(whole) }));
  const train = trainProgram(trained, { optimizer });
  await writeFile(join(folder, 'train.onnx'), exportProgram(train, { weights: new Map() }));
  return folder;
}

function someWeights(model: ConfiguredModel): ReadonlyMap<string, Float32Array> {
  return initialize(modelParameters(model), model.initialization, 1);
}

function built(): string {
  const folder = resolve(import.meta.dirname, '../../dist/browser');
  if (!existsSync(folder)) throw new UserError('The package is not built: run `npm run build`.');
  return folder;
}

/** The report as text. */
export function describeWebReport(report: WebReport): string {
  const milliseconds = ({ median, minimum }: Summary): string =>
    `${median.toFixed(0)} ms (least ${minimum.toFixed(0)})`;
  return [
    `${report.browser}, headless`,
    `opening gpt (43 MB) on wasm, nothing cached   ${milliseconds(report.openGpt)}`,
    `its first run, 256 characters                 ${milliseconds(report.runGpt)}`,
    `a training step on webgpu, plain              ${milliseconds(report.plainStep)}`,
    `the same by graph capture                     ${milliseconds(report.replayedStep)}`,
    `  ratio of medians ${report.captureRatio.toFixed(2)}; losses differ by ${report.lossDifference.toExponential(1)} at most`,
  ].join('\n');
}
