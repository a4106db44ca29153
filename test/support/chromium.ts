import { existsSync } from 'node:fs';
import { debianPath } from './debian.ts';

/** The browser as people have it, with windows that tests in the background never see. */
const whole = '/usr/bin/chromium';

/** The same engine without the windows, which is what Playwright takes by itself: a page opens in half the time. */
const shell = '/usr/bin/chromium-headless-shell';

/**
 * WebAssembly stays as the baseline compiler made it. The optimising one takes longer than it saves in pages that live for
 * seconds; the numbers are the same, and the tests of wasm in Node run what it makes. Measurements of speed go without this.
 */
export const baselineOnly = '--js-flags=--liftoff-only';

/** More flags for Chromium can be given in the environment, with spaces between. */
const flags = 'CHROMIUM_FLAGS';

/** Lets every Chromium that this process starts leave WebAssembly as `baselineOnly` says, those of measurements too. */
export function useBaselineOnly(): void {
  process.env[flags] = [process.env[flags], baselineOnly].join(' ');
}

/**
 * How Debian's Chromium is started for tests: it calls nobody, and it plays a GPU in software (SwiftShader) where there is none. Another
 * browser can be named in the environment variable CHROMIUM.
 * @param as `whole` for the browser as people have it, where `shell`, its engine alone, would do as well
 * @returns undefined when there is none; see `debianPath`
 */
export function chromium(
  as: 'whole' | 'shell' = 'shell',
): { readonly executablePath: string; readonly args: string[] } | undefined {
  const executablePath = debianPath(
    process.env.CHROMIUM ?? pathOf(as),
    `chromium${as === 'shell' ? '-headless-shell' : ''}`,
  );
  if (executablePath === undefined) return undefined;
  const args = [
    '--no-sandbox',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--enable-unsafe-webgpu',
    ...(process.env[flags] ?? '').split(' ').filter((flag) => flag !== ''),
  ];
  return { executablePath, args };
}

/** Where there is no shell, the whole browser does what it does; on CI both are there. */
function pathOf(as: 'whole' | 'shell'): string {
  return as === 'shell' && (existsSync(shell) || process.env.CI || !existsSync(whole)) ? shell : whole;
}
