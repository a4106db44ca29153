import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { exportProgram } from '../../src/export/export-program.ts';
import { makeProgram, modelParameters, programNames } from '../../src/programs/index.ts';
import { initialize } from '../../src/train/initialize.ts';
import { typescriptSide } from '../common/contestants.ts';
import { withFolder } from '../common/folder.ts';
import { loadWarning, thisMachine } from '../common/machine.ts';
import { measuredModel, seed } from '../common/models.ts';
import { type CaseResult, type Listener, noteAbsent, type Report } from '../common/report.ts';
import { describeReport } from '../common/table.ts';
import { sideResults, takeTurns } from '../common/turns.ts';
import { optimizer } from '../train/workload.ts';
import { onnxAbsence, onnxIsThere, timeCommands } from './commands.ts';

/** What `bench startup` measures. */
export interface StartupBench {
  readonly model: string;
  /** How often the sides take turns. */
  readonly rounds: number;
}

export const startupBenchDefaults: StartupBench = { model: 'gpt', rounds: 5 };

const turnSchema = v.object({ times: v.array(v.number()) });

/**
 * How soon commands are done, as a user waits for them: whole processes; and how soon each program of a model is open.
 * @throws UserError for a model that is not measured, or where the command line is not built
 */
export async function benchStartup({ model: name, rounds }: StartupBench, listener: Listener): Promise<Report> {
  const model = measuredModel(name);
  const machine = thisMachine();
  for (const line of loadWarning(machine)) listener.say(line);
  const cases: CaseResult[] = [];
  const absent = new Set<string>();
  noteAbsent(absent, onnxIsThere() ? [] : [onnxAbsence], listener);
  await withFolder(async (folder) => {
    const weights = initialize(modelParameters(model), model.initialization, seed);
    for (const program of programNames) {
      const bytes = exportProgram(makeProgram(program, model, { optimizer }), { weights });
      await writeFile(join(folder, `${program}.onnx`), bytes);
    }
    const commands = await timeCommands({ folder, model: name, machine, rounds }, listener);
    cases.push(...commands.cases);
    for (const reason of commands.absent) absent.add(reason);
    listener.advance?.(0.5);
    const script = new URL('./opening.ts', import.meta.url);
    for (const [index, program] of programNames.entries()) {
      const turns = await takeTurns({
        contestants: [
          { side: 'trilu', label: 'trilu', command: typescriptSide(script, [folder, program, 'trilu']) },
          {
            side: 'onnxruntime',
            label: 'ONNX Runtime alone',
            command: typescriptSide(script, [folder, program, 'onnxruntime']),
          },
        ],
        rounds,
        name: `opening ${program} of ${name}, ms`,
        listener,
        part: [0.5 + index / 2 / programNames.length, 0.5 + (index + 1) / 2 / programNames.length],
        turn: (peer) => peer.ask('open 1', turnSchema),
      });
      for (const reason of turns.absent) absent.add(reason);
      cases.push({
        subject: 'startup',
        work: `Opening the ${program} program of ${name}`,
        model: name,
        unit: 'ms from the path to a session',
        sides: sideResults(turns.measured, () => ({})),
      });
    }
  });
  return { machine, settings: { model: name, rounds }, cases, absent: [...absent] };
}

/** The report as lines to read. */
export function describeStartupReport(report: Report): string {
  return describeReport(report, ['How soon commands are done, and files are open.']);
}
