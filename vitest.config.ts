import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { DeviceSummary } from './scripts/device-summary.ts';
import { PlainSummary } from './scripts/plain-summary.ts';
import { SlowFirst } from './scripts/slow-first.ts';
import { baselineOnly, chromium } from './test/support/chromium.ts';

const inBrowser = 'test/**/browser/**/*.test.ts';

/**
 * A worker thread runs what was built, as it does where trilu is installed: from the source it would load tsx each time, which
 * takes longer than most tests. That it can is shown by the tests that run the source in a process of its own.
 */
const builtWorker = {
  find: './worker-file.ts',
  replacement: resolve(import.meta.dirname, 'dist/src/runtime/node/worker-file.js'),
};

/** What takes seconds alone takes long on a busy machine. */
const patience = { testTimeout: 180_000, hookTimeout: 180_000, expect: { poll: { timeout: 60_000 } } };

/**
 * Folders whose files start programs, browsers or other libraries, or look at what ONNX Runtime leaves behind (in its thread the numbers
 * below the smallest normal one are 0, and there is a global `Worker`): each file runs in a process of its own.
 */
const apart = [
  'cli',
  'devices',
  'docs',
  'examples',
  'bench',
  'hugging-face',
  'onnx',
  'package',
  'runtime',
  'scripts',
  'web',
];
const apartFiles = [...apart.map((folder) => `test/${folder}/**/*.test.ts`), 'test/*.test.ts'];

const node: TestProjectConfiguration = {
  resolve: { alias: [builtWorker] },
  test: { name: 'node', include: apartFiles, exclude: [inBrowser, '**/node_modules/**'], pool: 'forks', ...patience },
};

/** The other files share processes: to start one takes as long as most of them. */
const together: TestProjectConfiguration = {
  resolve: { alias: [builtWorker] },
  test: {
    name: 'together',
    include: ['test/**/*.test.ts'],
    exclude: [inBrowser, ...apartFiles, '**/node_modules/**'],
    pool: 'forks',
    isolate: false,
    ...patience,
  },
};

/** What runs in a page of Debian's Chromium. */
function browser({ executablePath, args }: NonNullable<ReturnType<typeof chromium>>): TestProjectConfiguration {
  return {
    // Threads of WebAssembly need a page that is cross-origin isolated.
    server: {
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    },
    // A dependency that is found late reloads the page in the midst of a test; ONNX Runtime finds its files beside its own.
    optimizeDeps: {
      include: [
        'protobufjs/minimal.js',
        'pure-rand/distribution/uniformInt',
        'pure-rand/generator/mersenne',
        'pure-rand/generator/xoroshiro128plus',
        'valibot',
      ],
      exclude: ['onnxruntime-web'],
    },
    test: {
      name: 'browser',
      include: [inBrowser],
      ...patience,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args: [...args, baselineOnly] } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  };
}

const found = chromium();

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether slow devices run the whole ladder too, not only every operator of it. */
    readonly wholeLadder: boolean;
  }
}

export default defineConfig({
  test: {
    provide: { wholeLadder: process.env.TRILU_LADDER === 'whole' },
    projects: [node, together, ...(found === undefined ? [] : [browser(found)])],
    globalSetup: ['test/support/build-once.ts'],
    // Two cores are fewer than what waits: a file that talks to a browser or a process of its own leaves one free.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: SlowFirst },
    // The plain line comes last.
    reporters: ['default', new DeviceSummary(), new PlainSummary()],
  },
});
