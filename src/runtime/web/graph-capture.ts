import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web';
import type { Engine } from '../engine.ts';
import type { GuardedEngine } from '../onnxruntime.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { GpuBuffers } from './gpu-buffers.ts';

type Values = Readonly<Record<string, OrtTensor>>;

/** What graph capture needs beside the plain engine. */
export interface CaptureParts {
  readonly plain: GuardedEngine;
  readonly buffers: GpuBuffers;
  /** Makes a session that records, with each symbol's size fixed. */
  readonly createRecording: (sizes: Readonly<Record<string, number>>) => Promise<InferenceSession>;
}

/**
 * An engine that replays recorded GPU commands: from the second run of one set of shapes on, ONNX Runtime's graph capture takes
 * the place of encoding every command anew. Runs of other shapes go the plain way.
 *
 * Not every operator can be recorded: what a kernel copies from buffer to buffer outside its shaders (ScatterElements does)
 * is silently missing in the replay. So the first replay is compared with a plain run of the same feeds.
 */
export function capturingEngine({ plain, buffers, createRecording }: CaptureParts): Engine<OrtTensor> {
  let last = '';
  let recording: Recording | undefined;

  const record = async (feeds: Values): Promise<Values> => {
    await recording?.dispose();
    recording = undefined;
    const made = await Recording.make(await createRecording(sizesOf(plain, feeds)), feeds, buffers);
    const replayed = await made.replay(feeds);
    const expected = await plain.run(feeds);
    try {
      await compare(plain, expected, replayed);
      recording = made;
      return replayed;
    } catch (error) {
      for (const value of Object.values(replayed)) plain.release(value);
      if (!plain.guard.isLost) await made.dispose();
      throw error;
    } finally {
      for (const value of Object.values(expected)) plain.release(value);
    }
  };

  return {
    ...plain,
    async run(feeds) {
      const shapes = Object.entries(feeds).map(([name, { dims }]) => `${name}:${dims.join()}`);
      const key = shapes.sort().join(' ');
      const again = key === last;
      last = key;
      const made = recording;
      if (made?.key === key) return plain.guard.run(() => made.replay(feeds));
      if (!again) return plain.run(feeds);
      const replayed = await plain.guard.run(() => record(feeds));
      if (recording !== undefined) recording.key = key;
      return replayed;
    },
    async dispose() {
      if (!plain.guard.isLost) await recording?.dispose();
      buffers.destroy();
      await plain.dispose();
    },
  };
}

/** The size of each symbol of the declared inputs. */
function sizesOf({ inputs }: Engine<OrtTensor>, feeds: Values): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const { name, shape } of inputs) {
    for (const [axis, dimension] of shape.entries()) {
      const size = feeds[name]?.dims[axis];
      if (typeof dimension === 'string' && dimension !== '' && size !== undefined) sizes[dimension] = size;
    }
  }
  return sizes;
}

/** A session whose commands are recorded, with the buffers that they read. */
class Recording {
  key: string | undefined;
  readonly #session: InferenceSession;
  readonly #inputs: Values;
  readonly #buffers: GpuBuffers;

  private constructor(session: InferenceSession, inputs: Values, buffers: GpuBuffers) {
    this.#session = session;
    this.#inputs = inputs;
    this.#buffers = buffers;
  }

  /** Records with zeros as inputs, so that a replay that misses a copy of what is fed can't look right by chance. */
  static async make(session: InferenceSession, feeds: Values, buffers: GpuBuffers): Promise<Recording> {
    const made = new Recording(session, buffers.zerosLike(feeds), buffers);
    const outputs = await session.run(made.#inputs);
    for (const output of Object.values(outputs)) output.dispose();
    return made;
  }

  async replay(feeds: Values): Promise<Values> {
    this.#buffers.fill(this.#inputs, feeds);
    const outputs = await this.#session.run(this.#inputs);
    // The next replay writes over them.
    const copies = this.#buffers.copies(outputs);
    for (const output of Object.values(outputs)) output.dispose();
    return copies;
  }

  async dispose(): Promise<void> {
    for (const input of Object.values(this.#inputs)) input.dispose();
    await this.#session.release();
  }
}

/** Results agree when they differ by no more than rounding in another order brings. */
const tolerance = 1e-4;

async function compare(engine: Engine<OrtTensor>, expected: Values, replayed: Values): Promise<void> {
  for (const [name, value] of Object.entries(expected)) {
    const other = replayed[name];
    if (other === undefined) throw new RuntimeError('run', `The replay lacks the output "${name}".`);
    const [right, seen] = [await engine.download(value), await engine.download(other)];
    for (const [index, element] of right.data.entries()) {
      const [a, b] = [Number(element), Number(seen.data[index])];
      if (Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a))) continue;
      throw new RuntimeError(
        'run',
        `Graph capture changes the output "${name}" (${b} in the place of ${a}): some operator of this model can't be ` +
          'recorded. Open it without graphCapture.',
      );
    }
  }
}
