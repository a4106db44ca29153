import { debianPath } from './debian.ts';

/** Debian's Chromium; another one can be named in the environment. */
const path = process.env.CHROMIUM ?? '/usr/bin/chromium';

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
  ];
  return { executablePath, args };
}
