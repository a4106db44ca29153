import * as v from 'valibot';
import { typescriptSide } from '../common/contestants.ts';
import { withFolder } from '../common/folder.ts';
import type { MemoryUse } from '../common/memory.ts';
import { Peer, type PeerCommand } from '../common/peer.ts';
import { writeWorkload } from '../train/workload.ts';
import { writeDecodeFiles } from './decode-files.ts';
import { modelOf, type Sizes } from './sizes.ts';

/** What one kind of work took at one size, in a process of its own. */
export interface Measured {
  /** Milliseconds: of a training step; of one character of each sequence. */
  readonly times: readonly number[];
  readonly memory?: MemoryUse;
}

export interface PointOptions {
  readonly model: string;
  readonly sizes: Sizes;
  /** How long each kind of work is repeated, more or less. */
  readonly milliseconds: number;
}

/** Steps of a run of the train program. */
export const stepsPerRun = 4;

/** The fewest runs that a median is taken of. */
const fewestRuns = 3;

const trainSchema = v.object({ times: v.array(v.number()) });
const decodeSchema = v.object({ times: v.array(v.number()) });

/** Measures a model of some sizes. Each kind of work gets a fresh process, so that its memory is its own. */
export function measurePoint({
  model: name,
  sizes,
  milliseconds,
}: PointOptions): Promise<{ readonly train: Measured; readonly decode: Measured }> {
  const model = modelOf(name, sizes);
  const { batch, threads } = sizes;
  return withFolder(async (folder) => {
    const workload = { model: name, batch, threads, stepsPerRun };
    await writeWorkload(folder, workload, model);
    await writeDecodeFiles(folder, model, { batch, threads });
    const train = await inProcess(
      typescriptSide(new URL('../train/trilu.ts', import.meta.url), [folder]),
      async (peer) => {
        const [first = 0] = (await peer.ask(`run ${stepsPerRun}`, trainSchema)).times;
        const runs = Math.max(fewestRuns, Math.round(milliseconds / (first * stepsPerRun)));
        return (await peer.ask(`run ${runs * stepsPerRun}`, trainSchema)).times;
      },
    );
    const decode = await inProcess(
      typescriptSide(new URL('./decode-side.ts', import.meta.url), [folder]),
      async (peer) => {
        await peer.ask('decode 0', decodeSchema);
        return (await peer.ask(`decode ${milliseconds}`, decodeSchema)).times;
      },
    );
    return { train, decode };
  });
}

async function inProcess(command: PeerCommand, measure: (peer: Peer) => Promise<readonly number[]>): Promise<Measured> {
  const peer = await Peer.start(command);
  try {
    const times = await measure(peer);
    const memory = await peer.memory();
    return { times, ...(memory === undefined ? {} : { memory }) };
  } finally {
    await peer.stop();
  }
}
