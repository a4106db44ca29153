import { debianPath } from './debian.ts';

/** Debian's Chromium; another one can be named in the environment. */
const path = process.env.CHROMIUM ?? '/usr/bin/chromium';

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
 * How Chromium is started for tests: it calls nobody, and it plays a GPU in software (SwiftShader) where there is none.
 * @returns undefined when there is no Chromium; see `debianPath`
 */
export function chromium(): { readonly executablePath: string; readonly args: string[] } | undefined {
  const executablePath = debianPath(path, 'chromium');
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
