import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPath } from './debian.ts';
import { type Learned, watchTraining } from './example-page.ts';
import { type ServerOptions, serveFolder } from './static-server.ts';

/** Debian's Firefox, or undefined; see `debianPath`. */
export const firefox: string | undefined = debianPath('/usr/bin/firefox-esr', 'firefox-esr');

/** Runs inside the page: collects what the console says. */
function collectComplaints(): string[] {
  const complaints: string[] = [];
  for (const kind of ['error', 'warn'] as const) console[kind] = (...said) => complaints.push(said.join(' '));
  addEventListener('error', ({ message }) => complaints.push(message));
  return complaints;
}

/** Does in Firefox what `learnIn` does in Chromium; the page itself sends what it saw. */
export async function learnInFirefox(
  folder: string,
  fields: Readonly<Record<string, string>>,
  { headers = {} }: Pick<ServerOptions, 'headers'> = {},
): Promise<Learned & { readonly agent: string; readonly complaints: readonly string[] }> {
  if (firefox === undefined) throw new Error('there is no Firefox: skip the test');
  const script = `<script type="module">
    const complaints = (${collectComplaints})();
    const learned = await (${watchTraining})(${JSON.stringify(fields)});
    const body = JSON.stringify({ ...learned, complaints, agent: navigator.userAgent });
    await fetch('/', { method: 'POST', body });
  </script></body>`;
  const profile = mkdtempSync(join(tmpdir(), 'trilu-firefox-'));
  let receive = (_text: string): void => undefined;
  const received = new Promise<string>((settle) => {
    receive = settle;
  });
  const server = await serveFolder(folder, {
    headers,
    edits: { '/index.html': (html) => html.replace('</body>', () => script) },
    receive: (text) => receive(text),
  });
  const browser = spawn(firefox, ['--headless', '--no-remote', '--profile', profile, server.address], {
    stdio: 'ignore',
  });
  const closed = new Promise((settle) => browser.on('close', settle));
  try {
    return JSON.parse(await received);
  } finally {
    browser.kill();
    await closed;
    await server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
