import { join } from 'node:path';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { generate } from '../../src/runtime/generation/generate-tokens.ts';
import { open } from '../../src/runtime/node/open.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { versionOf } from '../common/machine.ts';
import { type Measure, repeated, serveSide } from '../common/side.ts';
import { writingMeasure } from '../common/writing.ts';
import { readWorkload, type WritingDescription, writingFiles } from './files.ts';

// trilu's sides of the comparison. Usage: trilu.ts FOLDER THREADS SIDE [FILE], the side being one of those below, the file that of a
// generate program in another precision.

const [folder = '.', threadsText = '1', side = '', file = writingFiles.generate] = process.argv.slice(2);
const threads = Number(threadsText);

const sides: Readonly<Record<string, (workload: WritingDescription) => Promise<Measure>>> = {
  /** The whole loop in one run. */
  generate: async ({ prompt, count }) => {
    const session = await open(join(folder, file), { device: 'cpu', threads, worker: false });
    return writingMeasure(session, tensor('int32', [1, prompt.length], prompt), count);
  },
  'host-loop': (workload) => hostLoop(workload, false),
  'host-loop-in-worker': (workload) => hostLoop(workload, true),
  /** ONNX Runtime alone, with nothing of trilu's around it: each run's outputs are the next run's inputs. */
  'raw-steps': async ({ prompt, count, config, state }) => {
    const session = await InferenceSession.create(join(folder, writingFiles.decode), {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      extra: { session: { set_denormal_as_zero: '1' } },
    });
    return async () => {
      let carried = emptyState(session, state);
      let next: readonly number[] = prompt;
      const tokens: number[] = [];
      let start = 0;
      while (tokens.length < count) {
        const ids = new OrtTensor('int32', Int32Array.from(next), [1, next.length]);
        const outputs: InferenceSession.OnnxValueMapType = await session.run({ tokens: ids, ...carried });
        carried = Object.fromEntries(state.map(({ input, output }) => [input, outputs[output] as OrtTensor]));
        const scores = outputs.logits?.data as Float32Array;
        const last = scores.subarray(scores.length - config.vocabulary);
        tokens.push(last.indexOf(Math.max(...last)));
        next = tokens.slice(-1);
        if (tokens.length === 1) start = performance.now();
      }
      return { milliseconds: (performance.now() - start) / (count - 1), tokens };
    };
  },
};

/** What a user's own loop takes, character by character. */
async function hostLoop({ prompt, count, config }: WritingDescription, worker: boolean): Promise<Measure> {
  const decode = await open(join(folder, writingFiles.decode), { device: 'cpu', threads, worker });
  const options = { decode, tokens: prompt, count, blockSize: config.block, sampling: { greedy: true } };
  return async () => {
    const tokens: number[] = [];
    let start = 0;
    for await (const token of generate(options)) {
      tokens.push(token);
      if (tokens.length === 1) start = performance.now();
    }
    return { milliseconds: (performance.now() - start) / (count - 1), tokens };
  };
}

/** A cache with nothing in it: a batch of one, every other length that may vary 0. */
function emptyState(
  { inputMetadata }: InferenceSession,
  state: WritingDescription['state'],
): Record<string, OrtTensor> {
  const names = new Set(state.map(({ input }) => input));
  const inputs = inputMetadata.filter((input) => input.isTensor && names.has(input.name));
  return Object.fromEntries(
    inputs.map((input) => {
      if (!input.isTensor) throw new TypeError(`${input.name} is no tensor`);
      const shape = input.shape.map((length) => (typeof length === 'number' ? length : length === 'batch' ? 1 : 0));
      const size = shape.reduce((product, length) => product * length, 1);
      const data = input.type === 'int32' ? new Int32Array(size) : new Float32Array(size);
      return [input.name, new OrtTensor(data, shape)];
    }),
  );
}

await serveSide(async () => {
  const measure = sides[side];
  if (measure === undefined) throw new TypeError(`there is no side ${side}`);
  return {
    about: `onnxruntime-node ${versionOf('onnxruntime-node')}, Node ${process.version}`,
    answers: { decode: repeated(await measure(await readWorkload(folder))) },
  };
});
