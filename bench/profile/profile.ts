import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { decodeModel } from '../../src/onnx/codec.ts';
import type { GraphProto } from '../../src/onnx/protos.ts';
import type { TrainBench } from '../train/train.ts';
import { Training } from '../train/training.ts';
import { withWorkload } from '../train/workload.ts';

/** An event of ONNX Runtime's profile; `dur` is in microseconds. */
const eventSchema = v.object({
  cat: v.optional(v.string()),
  name: v.optional(v.string()),
  dur: v.optional(v.number()),
  ts: v.optional(v.number()),
  args: v.optional(v.looseObject({ op_name: v.optional(v.string()) })),
});

/** What was spent on one node, or on all of one operator, in one step. */
interface Cost {
  readonly name: string;
  readonly operator: string;
  readonly count: number;
  readonly milliseconds: number;
}

/** How many nodes are listed. */
const shownNodes = 60;

/** Operators that only run others: their time is that of their bodies. */
const containers = new Set(['Scan', 'Loop', 'If']);

/** Runs the train program once to warm up and once more to be looked at; says what its nodes cost, the dearest first. */
export async function profileTrain(bench: TrainBench): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trilu-profile-'));
  try {
    const parts: string[] = [];
    for (const threads of bench.threads) parts.push(await profileAt({ ...bench, threads }, folder));
    return parts.join('\n\n');
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function profileAt(workload: Omit<TrainBench, 'threads'> & { threads: number }, folder: string): Promise<string> {
  const prefix = `threads-${workload.threads}`;
  const optimized = join(folder, `${prefix}.onnx`);
  const steps = workload.stepsPerRun;
  await withWorkload(workload, async (files) => {
    const training = await Training.load(files, {
      enableProfiling: true,
      profileFilePrefix: join(folder, prefix),
      optimizedModelFilePath: optimized,
    });
    for (let run = 0; run < 3; run++) await training.run(steps);
    await training.dispose();
  });
  const file = (await readdir(folder)).find((name) => name.startsWith(prefix) && name.endsWith('.json'));
  if (file === undefined) throw new Error('ONNX Runtime wrote no profile');
  const costs = lastRun(JSON.parse(await readFile(join(folder, file), 'utf8')), steps);
  const total = costs.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const graph = decodeModel(await readFile(optimized)).graph;
  const nodes = [...counted(graph)].sort(([, left], [, right]) => right - left);
  return [
    `${workload.model}, batch ${workload.batch}, ${workload.threads} threads: ${total.toFixed(2)} ms a step inside nodes (profiled)`,
    `after ORT's optimization ${nodes.reduce((sum, [, count]) => sum + count, 0)} nodes: ${nodes.map(([operator, count]) => `${operator} ${count}`).join(', ')}`,
    '',
    ...byOperator(costs).map((cost) => costLine(cost, total)),
    '',
    ...costs.slice(0, shownNodes).map((cost) => costLine(cost, total)),
  ].join('\n');
}

/** The mean cost of each node in the last run's steps. */
function lastRun(events: unknown, steps: number): Cost[] {
  const all = v.parse(v.array(eventSchema), events);
  const lastStart = Math.max(...all.filter(({ name }) => name === 'model_run').map(({ ts = 0 }) => ts));
  const costs = new Map<string, Cost>();
  for (const { cat, name = '', dur = 0, ts = 0, args } of all) {
    const operator = args?.op_name ?? '';
    if (cat !== 'Node' || ts < lastStart || !name.endsWith('_kernel_time') || containers.has(operator)) continue;
    const node = name.replace(/_kernel_time$/, '');
    const before = costs.get(node);
    costs.set(node, {
      name: node,
      operator,
      count: (before?.count ?? 0) + 1 / steps,
      milliseconds: (before?.milliseconds ?? 0) + dur / 1000 / steps,
    });
  }
  return [...costs.values()].sort(dearestFirst);
}

function byOperator(costs: readonly Cost[]): Cost[] {
  const sums = new Map<string, Cost>();
  for (const { operator, milliseconds, count } of costs) {
    const before = sums.get(operator) ?? { name: '(all)', operator, count: 0, milliseconds: 0 };
    sums.set(operator, { ...before, count: before.count + count, milliseconds: before.milliseconds + milliseconds });
  }
  return [...sums.values()].sort(dearestFirst);
}

function dearestFirst(left: Cost, right: Cost): number {
  return right.milliseconds - left.milliseconds;
}

function costLine({ name, operator, count, milliseconds }: Cost, total: number): string {
  const share = ((100 * milliseconds) / total).toFixed(1);
  return `${milliseconds.toFixed(3).padStart(9)} ms  ${share.padStart(5)} %  ${count.toFixed(0).padStart(4)} × ${operator.padEnd(22)} ${name}`;
}

/** How many nodes of each operator a graph has, its bodies included. */
function counted(graph: GraphProto | undefined, counts: Map<string, number> = new Map()): Map<string, number> {
  for (const { opType = '', attribute = [] } of graph?.node ?? []) {
    counts.set(opType, (counts.get(opType) ?? 0) + 1);
    for (const { g } of attribute) counted(g, counts);
  }
  return counts;
}
