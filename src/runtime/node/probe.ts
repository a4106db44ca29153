import { spawn } from 'node:child_process';
import type { Provider } from '../devices/device.ts';
import type { Machine } from './machine.ts';
import { processFile } from './process-file.ts';

/** What trying a device in a process of its own came to. */
export interface ProbeResult {
  /** Whether a model of one node ran there. */
  readonly works: boolean;
  /** What ONNX Runtime threw, or how the process ended; empty when it works. */
  readonly message: string;
  /** What ONNX Runtime, the GPU's driver and the loaders wrote to standard error: it often says more than the error. */
  readonly log: string;
  /** The Vulkan drivers that were loaded, by the names of their libraries; known on Linux only. */
  readonly drivers: readonly string[];
}

/** The line that the process ends with, as JSON. */
export type ProbeAnswer = Omit<ProbeResult, 'log'>;

/** The longest that a device may take to answer, in milliseconds: a driver may have to start, or to compile. */
const patience = 30_000;

/**
 * Tries execution providers in a process of its own, which may crash, hang or leave libraries loaded without harm to this one.
 * @param limit the longest to wait, in milliseconds
 */
export async function probe(
  providers: readonly Provider[],
  { runtime }: Pick<Machine, 'runtime'>,
  limit: number = patience,
): Promise<ProbeResult> {
  const none = { works: false, log: '', drivers: [] };
  if (runtime === undefined) return { ...none, message: 'onnxruntime-node is not installed' };
  // Inside Electron the program is no Node unless it is told to be.
  const child = spawn(process.execPath, [...processFile('probe-process'), JSON.stringify(providers), runtime], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    windowsHide: true,
    timeout: limit,
    killSignal: 'SIGKILL',
  });
  let output = '';
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const started = performance.now();
  const ending = await new Promise<string>((settle) => {
    child.on('error', (error) => settle(`the process that tries it could not be started: ${error.message}`));
    child.on('close', (code, signal) =>
      settle(`the process that tried it ended with ${signal ?? `exit code ${code}`}`),
    );
  });
  const answer = answerIn(output);
  if (answer !== undefined) return { ...answer, log };
  const late = performance.now() - started >= limit;
  return { ...none, log, message: late ? `it gave no answer within ${limit / 1000} s` : ending };
}

/** A crash while the process ends, after it has answered, takes nothing back. */
function answerIn(output: string): ProbeAnswer | undefined {
  const line = output
    .split('\n')
    .reverse()
    .find((text) => text.startsWith('{"works":'));
  return line === undefined ? undefined : JSON.parse(line);
}
