import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import * as v from 'valibot';
import { formatBytes } from '../../src/cli/format.ts';
import type { ConfiguredModel } from '../../src/model/index.ts';
import { decodeModel } from '../../src/onnx/codec.ts';
import { modelParameters, programNames } from '../../src/programs/index.ts';
import { initialize } from '../../src/train/initialize.ts';
import { type Contestant, torchAbsence, torchIsThere, torchSide, typescriptSide } from '../common/contestants.ts';
import { bytesOf, withFolder } from '../common/folder.ts';
import { loadWarning, thisMachine } from '../common/machine.ts';
import { gptSettings, measuredModel, seed } from '../common/models.ts';
import { type CaseResult, type Listener, noteAbsent, type Report } from '../common/report.ts';
import { describeReport } from '../common/table.ts';
import { sideResults, takeTurns } from '../common/turns.ts';
import { descriptionFile, weightsFile } from './files.ts';

/** What `bench export` measures. */
export interface ExportBench {
  readonly model: string;
  /** How often the sides take turns. */
  readonly rounds: number;
}

export const exportBenchDefaults: ExportBench = { model: 'gpt', rounds: 5 };

const turnSchema = v.object({ times: v.array(v.number()) });

/**
 * Writes each program of a model, from its definition and its weights to a file; and the forward program beside PyTorch, which
 * writes the same model with the same weights by torch.onnx.export.
 * @throws UserError for a model that PyTorch's side has not got
 */
export async function benchExport({ model: name, rounds }: ExportBench, listener: Listener): Promise<Report> {
  const model = measuredModel(name);
  const machine = thisMachine();
  for (const line of loadWarning(machine)) listener.say(line);
  const absent = new Set<string>();
  noteAbsent(absent, torchIsThere() ? [] : [torchAbsence], listener);
  const cases: CaseResult[] = [];
  await withFolder(async (folder) => {
    await writeWeights(folder, model);
    const trilu: Contestant = {
      side: 'trilu',
      label: 'trilu export',
      command: typescriptSide(new URL('./trilu.ts', import.meta.url), [folder, name]),
    };
    const torch: Contestant = {
      side: 'torch',
      label: 'torch.onnx.export',
      command: torchSide(new URL('../torch/export.py', import.meta.url), [folder], 1),
    };
    for (const [index, program] of programNames.entries()) {
      const turns = await takeTurns({
        contestants: [trilu, ...(program === 'forward' && torchIsThere() ? [torch] : [])],
        rounds,
        name: `export ${name}, ${program}, ms`,
        listener,
        part: [index / programNames.length, (index + 1) / programNames.length],
        turn: (peer) => peer.ask(`${program} 1`, turnSchema),
      });
      for (const reason of turns.absent) absent.add(reason);
      const outcomes = new Map<string, string>();
      for (const { contestant } of turns.measured) {
        outcomes.set(contestant.side, await outcomeOf(join(folder, `${contestant.side}.${program}.onnx`)));
      }
      cases.push({
        subject: 'export',
        work: `Writing the ${program} program of ${name}`,
        model: name,
        unit: 'ms from the definition to the file',
        sides: sideResults(turns.measured, ({ contestant }) => ({ outcome: outcomes.get(contestant.side) ?? '' })),
        notes: turns.measured.length > 1 ? [await agreement(folder, model)] : [],
      });
    }
  });
  return { machine, settings: { model: name, rounds }, cases, absent: [...absent] };
}

async function writeWeights(folder: string, model: ConfiguredModel): Promise<void> {
  const parameters = modelParameters(model);
  const weights = initialize(parameters, model.initialization, seed);
  const data = parameters.map(({ name }) => bytesOf(weights.get(name) ?? new Float32Array()));
  await writeFile(join(folder, weightsFile), Buffer.concat(data));
  const described = parameters.map(({ name, value }) => ({ name, shape: value.shape }));
  await writeFile(join(folder, descriptionFile), JSON.stringify({ config: gptSettings(model), parameters: described }));
}

/** How large a file is, and how many nodes its main graph has. */
async function outcomeOf(path: string): Promise<string> {
  const { size } = await stat(path);
  const nodes = decodeModel(await readFile(path), path).graph?.node?.length ?? 0;
  return `${formatBytes(size)}, ${nodes} nodes`;
}

/** How far the scores of both files are from each other, on one text. */
async function agreement(folder: string, { block, vocabulary }: ConfiguredModel): Promise<string> {
  const ids = Int32Array.from({ length: block }, (_, index) => (index * 7) % vocabulary);
  const scores: Float32Array[] = [];
  for (const side of ['trilu', 'torch']) {
    // ONNX Runtime 1.30 crashes while it fuses what PyTorch 1.13 writes of this model; without fusions it reads both.
    const session = await InferenceSession.create(join(folder, `${side}.forward.onnx`), {
      graphOptimizationLevel: 'basic',
    });
    const { logits } = await session.run({ tokens: new Tensor('int32', ids, [1, block]) });
    scores.push(logits?.data as Float32Array);
    await session.release();
  }
  const [ours, theirs] = scores;
  const difference = ours?.reduce(
    (most, score, index) => Math.max(most, Math.abs(score - (theirs?.[index] ?? NaN))),
    0,
  );
  return `Same model: in ONNX Runtime the scores of both files differ by ${difference?.toExponential(1)} at most.`;
}

/** The report as lines to read. */
export function describeExportReport(report: Report): string {
  return describeReport(report, ['Writing .onnx files, from a definition and its weights.']);
}
