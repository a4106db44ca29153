import { describe, expect, test } from 'vitest';
import { open } from '../../../src/runtime/node/open.ts';
import { RuntimeError } from '../../../src/runtime/runtime-error.ts';
import type { DeviceName, Session } from '../../../src/runtime/session.ts';
import type { TokenSplit } from '../../../src/text/split.ts';
import { type Checkpoint, decodeCheckpoint } from '../../../src/train/trainer/checkpoint.ts';
import type { TrainingEvent } from '../../../src/train/trainer/events.ts';
import { LanguageModelTrainer } from '../../../src/train/trainer/language-model.ts';
import { useSwiftShader } from '../../support/swiftshader.ts';
import { checkpointFile } from './checkpoint-file.ts';
import { eventsOf, lastCheckpoint, smallRun } from './small-run.ts';

/** A trainer on a device; its training session fails in the given step() as a lost GPU does. */
function trainerOn(
  device: DeviceName,
  { record, state }: Checkpoint,
  tokens: TokenSplit,
  failingStep = 0,
): LanguageModelTrainer {
  const openFailing = async (model: Uint8Array): Promise<Session> => {
    const session = await open(model, { device, worker: false, threads: 1 });
    let steps = 0;
    return {
      ...boundTo(session),
      step: async (...call: Parameters<Session['step']>) => {
        steps += 1;
        if (steps === failingStep) throw new RuntimeError('device-lost', 'The GPU was lost.');
        return session.step(...call);
      },
    };
  };
  return new LanguageModelTrainer({ record, state }, tokens, { open: openFailing });
}

/** The methods of a session, which keeps private fields, bound to it. */
function boundTo(session: Session): Omit<Session, 'step'> {
  return {
    device: session.device,
    program: session.program,
    notices: session.notices,
    run: (feeds, options) => session.run(feeds, options),
    getState: () => session.getState(),
    setState: (state) => session.setState(state),
    resetState: () => session.resetState(),
    placement: () => session.placement(),
    dispose: () => session.dispose(),
  };
}

const losses = (events: readonly TrainingEvent[]): number[] =>
  events.flatMap((event) => (event.kind === 'steps' ? [event.loss] : []));

describe.skipIf(!useSwiftShader())('a run that loses its GPU', () => {
  test('goes on from its last checkpoint on the CPU, as a run that was on the CPU all along', async () => {
    const settings = { steps: 20, stepsPerRun: 2, checkpointEvery: 4, evaluateEvery: 10 };
    const { checkpoint, tokens } = smallRun(settings);
    const whole = await eventsOf(trainerOn('cpu', checkpoint, tokens));

    const onGpu: TrainingEvent[] = [];
    const failing = async (): Promise<void> => {
      for await (const event of trainerOn('webgpu', checkpoint, tokens, 8).events()) onGpu.push(event);
    };
    await expect(failing()).rejects.toMatchObject({ kind: 'device-lost' });
    const saved = lastCheckpoint(onGpu.slice(0, onGpu.findLastIndex(({ kind }) => kind === 'checkpoint') + 1));
    expect(saved.record.step).toBe(12);

    const read = await decodeCheckpoint(await checkpointFile(saved), 'the checkpoint');
    const resumed = await eventsOf(trainerOn('cpu', read, tokens));
    const curve = [...losses(onGpu).slice(0, 6), ...losses(resumed)];
    expect(curve).toHaveLength(10);
    for (const [index, loss] of losses(whole).entries()) {
      expect(Math.abs(loss - (curve[index] ?? Number.NaN))).toBeLessThan(1e-3);
    }
    const [expected, reached] = [lastCheckpoint(whole), lastCheckpoint(resumed)];
    expect(reached.record.step).toBe(20);
    expect(reached.state.step).toEqual(expected.state.step);
  });
});
