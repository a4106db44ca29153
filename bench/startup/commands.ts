import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../src/errors.ts';
import type { Machine } from '../common/machine.ts';
import type { CaseResult, Listener, SideResult } from '../common/report.ts';
import { ratioOf, summarize } from '../common/statistics.ts';

/** A process that is started, does one thing, and ends. */
interface Command {
  readonly side: string;
  readonly label: string;
  readonly about: string;
  readonly program: string;
  readonly arguments: readonly string[];
}

/** What a user types, and what does as much without trilu. */
interface CommandCase {
  readonly work: string;
  readonly commands: readonly Command[];
}

/** Debian's Python with ONNX's own library. */
const onnx = { python: '/usr/bin/python3', library: '/usr/lib/python3/dist-packages/onnx/__init__.py' };

/** Loads a file with ONNX's own library, and prints its graph. */
const printedByOnnx = 'import onnx, sys; print(onnx.helper.printable_graph(onnx.load(sys.argv[1]).graph))';

/** Why ONNX's own library is not there, and how to get it. */
export const onnxAbsence =
  "ONNX's own library is not compared with, because it is missing: apt-get install python3-onnx";

export function onnxIsThere(): boolean {
  return existsSync(onnx.python) && existsSync(onnx.library);
}

/** @throws UserError where the package is not built */
function commandLine(): string {
  const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
  if (!existsSync(main)) throw new UserError('The command line is not built: run `npm run build`.');
  return main;
}

/** The commands that are measured. @param folder where the model's programs are */
function commandCases(folder: string, model: string, { versions }: Machine): CommandCase[] {
  const main = commandLine();
  const trilu = (given: readonly string[]): Command => ({
    side: 'trilu',
    label: `trilu ${given[0]}`,
    about: `trilu ${versions.trilu}, Node ${versions.node}`,
    program: process.execPath,
    arguments: [main, ...given],
  });
  const file = join(folder, 'forward.onnx');
  const node: Command = {
    side: 'node',
    label: 'Node, doing nothing',
    about: `Node ${versions.node}`,
    program: process.execPath,
    arguments: ['--eval', '0'],
  };
  const python: Command = {
    side: 'onnx',
    label: "ONNX's own library in Python: load and print",
    about: 'ONNX in Python',
    program: onnx.python,
    arguments: ['-c', printedByOnnx, file],
  };
  return [
    { work: 'trilu --help', commands: [trilu(['--help']), node] },
    {
      work: `trilu inspect forward.onnx of ${model}`,
      commands: [trilu(['inspect', file]), ...(onnxIsThere() ? [python] : [])],
    },
    {
      work: `trilu export ${model}: all programs, each run once`,
      commands: [trilu(['export', model, '--out', join(folder, 'exported')])],
    },
  ];
}

/** From the start of a process to its end, in milliseconds. @throws UserError when it fails */
async function timeOf({ program, arguments: given, label }: Command): Promise<number> {
  const start = performance.now();
  const child = spawn(program, given, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'exit');
  const milliseconds = performance.now() - start;
  if (code !== 0) throw new UserError(`${label} failed with ${code}: ${said.trim().split('\n').at(-1)}`);
  return milliseconds;
}

/** Times commands turn by turn; a command that fails is left out, and told of. */
export async function timeCommands(
  { folder, model, machine, rounds }: { folder: string; model: string; machine: Machine; rounds: number },
  { say }: Listener,
): Promise<{ readonly cases: CaseResult[]; readonly absent: string[] }> {
  const cases: CaseResult[] = [];
  const absent: string[] = [];
  for (const { work, commands } of commandCases(folder, model, machine)) {
    const times = new Map(commands.map((command) => [command, [] as number[]]));
    for (let round = 0; round <= rounds; round++) {
      for (const [command, measured] of times) {
        const milliseconds = await timeOf(command).catch((error: unknown) => {
          if (!(error instanceof UserError)) throw error;
          absent.push(error.message.replace(/\.$/, ''));
          say(`FAILED: ${error.message}`);
          times.delete(command);
          return undefined;
        });
        // The first time, files come from the disk.
        if (milliseconds !== undefined && round > 0) measured.push(milliseconds);
      }
    }
    const sides = [...times].map(([{ side, label, about }, all]): Omit<SideResult, 'ratio'> => {
      return { side, label, about, time: summarize(all) };
    });
    const ours = sides.find(({ side }) => side === 'trilu');
    if (ours === undefined) continue;
    say(`${work}: ${ours.time.median.toFixed(0)} ms`);
    cases.push({
      subject: 'startup',
      work,
      model,
      unit: 'ms from start to end',
      sides: sides.map((side) => ({ ...side, ratio: ratioOf(ours.time, side.time) })),
    });
  }
  return { cases, absent };
}
