import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { withFolder } from '../../bench/common/folder.ts';
import { Peer, SkippedPeer } from '../../bench/common/peer.ts';
import { javascriptSides } from '../../bench/peers/sides.ts';
import { Training } from '../../bench/train/training.ts';
import { writeWorkload } from '../../bench/train/workload.ts';
import { gpt } from '../../models/index.ts';

const turnSchema = v.object({ times: v.array(v.number()), losses: v.array(v.number()) });
const steps = 5;

/** Small, with all that the GPTs of the ladder may have: biases, and an output layer of its own. */
const sizes = { layers: 1, embedding: 16, heads: 2, block: 8, bias: true, dropout: 0 };
const model = gpt.configure({ vocabulary: 65, ...sizes });

describe.each([1, 2])('with %i threads, a peer in JavaScript', (threads) => {
  it.each(['jax-js', 'tfjs'])('%s makes the losses that trilu makes, or says why it does not', async (name) => {
    await withFolder(async (folder) => {
      const untied = model.with({ tied: threads === 1 });
      await writeWorkload(folder, { model: 'gpt', batch: 3, threads, stepsPerRun: 2 }, untied);
      const training = await Training.load(folder);
      const { losses } = await training.run(steps);
      await training.dispose();
      const side = javascriptSides(folder).find((one) => one.side === name);
      if (side === undefined) throw new TypeError(`there is no side ${name}`);
      const started = await Peer.start(side.command).catch((error: unknown) => {
        if (error instanceof SkippedPeer) return error;
        throw error;
      });
      if (started instanceof SkippedPeer) {
        console.warn(`SKIPPED: ${started.message}`);
        expect(name).toBe('tfjs'); // jax-js is among the development packages
        expect(started.message).toContain('npm install --prefix bench');
        return;
      }
      try {
        const turn = await started.ask(`run ${steps}`, turnSchema);
        expect(turn.times).toHaveLength(3); // two steps, two, one
        expect(turn.losses).toHaveLength(steps);
        for (const [index, loss] of turn.losses.entries()) expect(loss).toBeCloseTo(losses[index] ?? Number.NaN, 4);
        expect(new Set(turn.losses).size).toBe(steps);
      } finally {
        await started.stop();
      }
    });
  });
});
