import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { readCheckpoint } from '../../src/runs/run-directory.ts';

/** The built command line, as users run it. */
const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js');

export interface KillOptions {
  /** An empty folder. */
  readonly folder: string;
  /** The text to train on. */
  readonly data: string;
  readonly kills: number;
  /** What the moments of the kills start from. */
  readonly seed: number;
  readonly onKill?: (kill: KillReport) => void;
}

/** What a kill met with. */
export interface KillReport {
  readonly kill: number;
  /** The step of the checkpoint that is left; undefined before the first. */
  readonly step: number | undefined;
  /** Files that were being written. */
  readonly unfinished: number;
  /** Lines of the log behind the checkpoint. */
  readonly linesBehind: number;
}

/** What came of it all. */
export interface KillSummary {
  readonly kills: readonly KillReport[];
  /** The last step, trained without disturbance in both runs. */
  readonly steps: number;
  /** What is not as it would be had nothing been killed; empty is a pass. */
  readonly differences: readonly string[];
}

/** Small enough that dozens of checkpoints are written a second; dropout makes a step depend on its number too. */
const model = [
  ...['gpt-nano', '--layers', '1', '--heads', '2', '--embedding', '16', '--block', '8', '--batch', '2'],
  ...['--dropout', '0.2', '--warm-up', '20', '--steps-per-run', '3'],
];
const reports = [
  '--checkpoint-every',
  '6',
  '--eval-every',
  '9',
  '--eval-batches',
  '1',
  '--sample-every',
  '0',
  '--keep',
  '2',
];
const machine = ['--device', 'cpu', '--threads', '1'];
/** From within Node's start to some way into training. */
const [earliest, latest] = [150, 1300];

/**
 * Trains, kills the trainer (SIGKILL) at random moments and resumes, over and over; then lets it end, and lays the run beside one that
 * nobody disturbed: the same state and weights to the last bit, each report in the log once.
 */
export async function killAndResume({ folder, data, kills, seed, onKill }: KillOptions): Promise<KillSummary> {
  const random = xoroshiro128plus(seed);
  const run = join(folder, 'killed');
  const begin = ['train', ...model, '--data', data, ...reports, ...machine];
  const again = (steps: number): string[] => {
    const resumed = ['train', '--resume', run, '--steps', `${steps}`, ...machine];
    return existsSync(join(run, 'training_state.safetensors'))
      ? resumed
      : [...begin, '--out', run, '--steps', `${steps}`];
  };
  const reported: KillReport[] = [];
  for (let kill = 1; kill <= kills; kill += 1) {
    const child = spawn(process.execPath, [main, ...again(10 ** 6)], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
    });
    const ended = new Promise<number | null>((settle) => child.on('close', settle));
    await Promise.race([delay(uniformInt(random, earliest, latest)), ended]);
    child.kill('SIGKILL');
    const code = await ended;
    if (code !== null) throw new Error(`The trainer ended by itself with ${code}: ${stderr}`);
    const report = { kill, ...(await look(run)) };
    reported.push(report);
    onKill?.(report);
  }
  const reached = reported.at(-1)?.step ?? 0;
  const steps = reached + 20;
  const whole = join(folder, 'whole');
  await succeed(again(steps));
  await succeed([...begin, '--out', whole, '--steps', `${steps}`]);
  return { kills: reported, steps, differences: await differences(run, whole) };
}

/** What a kill has left: there must always be a checkpoint to go on from, once there was one. */
async function look(run: string): Promise<Omit<KillReport, 'kill'>> {
  if (!existsSync(run)) return { step: undefined, unfinished: 0, linesBehind: 0 };
  const unfinished = readdirSync(run).filter((name) => name.endsWith('.tmp')).length;
  if (!existsSync(join(run, 'training_state.safetensors'))) return { step: undefined, unfinished, linesBehind: 0 };
  const { checkpoint, passedOver } = await readCheckpoint(run);
  if (passedOver.length > 0) throw new Error(`A kill has damaged a checkpoint: ${passedOver.join(' ')}`);
  const { step } = checkpoint.record;
  return { step, unfinished, linesBehind: loggedSteps(run).filter((logged) => logged > step).length };
}

/** The steps of the log's lines, in order; the last line may be half written. */
function loggedSteps(run: string): readonly number[] {
  const path = join(run, 'metrics.jsonl');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => Number(JSON.parse(line).step));
}

async function succeed(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  const code = await new Promise<number | null>((settle) => child.on('close', settle));
  if (code !== 0) throw new Error(`trilu ${args.join(' ')} ended with ${code}: ${stderr}`);
}

async function differences(run: string, whole: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of ['model.safetensors', join('best', 'model.safetensors')]) {
    const [one, other] = [run, whole].map((folder) => readFileSync(join(folder, name)));
    if (one === undefined || other === undefined || !one.equals(other)) found.push(name);
  }
  const [one, other] = [(await readCheckpoint(run)).checkpoint, (await readCheckpoint(whole)).checkpoint];
  for (const [name, { data }] of Object.entries(other.state)) {
    if (String(one.state[name]?.data) !== String(data)) found.push(`${name} of the state`);
  }
  if (String(one.record.dataPosition) !== String(other.record.dataPosition)) found.push('the data position');
  if (JSON.stringify(one.record.best) !== JSON.stringify(other.record.best)) found.push('the best evaluation');
  const [logged, expected] = [loggedSteps(run), loggedSteps(whole)];
  if (String([...new Set(logged)]) !== String(logged)) found.push('metrics.jsonl: a step is reported twice');
  if (String(logged) !== String(expected)) found.push('metrics.jsonl: other steps are reported');
  const left = readdirSync(run).filter((name) => name.startsWith('.'));
  if (left.length > 0) found.push(`files that are left: ${left.join(', ')}`);
  return found;
}
