import { type ChildProcess, spawn } from 'node:child_process';
import type { Server } from './static-server.ts';

/** How an npm script ended. */
export interface ScriptEnding {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of somebody who is not inside a test. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_ENV, VITEST, NODE_OPTIONS, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1' };
}

function start(folder: string, script: string, args: readonly string[]): ChildProcess {
  return spawn('npm', ['run', '--silent', script, '--', ...args], {
    cwd: folder,
    env: plainEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what npm starts ends with it.
    detached: true,
  });
}

/** Runs a script of a package.json to its end. */
export function runScript(folder: string, script: string, args: readonly string[] = []): Promise<ScriptEnding> {
  const child = start(folder, script, args);
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((settle, reject) => {
    child.on('error', reject);
    child.on('close', (code) => settle({ code, stdout, stderr }));
  });
}

/** Starts a script of a package.json that serves pages, and waits until it says where. */
export function startServer(folder: string, script: string, args: readonly string[] = []): Promise<Server> {
  const child = start(folder, script, args);
  const closed = new Promise<void>((settle) => child.on('close', () => settle()));
  const close = (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    return closed;
  };
  return new Promise((settle, reject) => {
    let said = '';
    const hear = (text: string): void => {
      said += text;
      const [address] = /http:\/\/localhost:\d+(?=[/\s])/.exec(said) ?? [];
      if (address !== undefined) settle({ address, close });
    };
    child.stdout?.setEncoding('utf8').on('data', hear);
    child.stderr?.setEncoding('utf8').on('data', hear);
    child.on('error', reject);
    child.on('close', (code) => reject(new Error(`npm run ${script} ended with ${code}: ${said}`)));
  });
}
