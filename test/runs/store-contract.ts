import { bigram } from '../../models/index.ts';
import type { FileStore } from '../../src/runs/file-store.ts';
import { lastCheckpoint } from '../../src/runs/last-checkpoint.ts';
import { readMetrics, readSamples } from '../../src/runs/run-logs.ts';
import type { FileRunStore } from '../../src/runs/run-store.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { splitTokens } from '../../src/text/split.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import type { Checkpoint } from '../../src/train/trainer/checkpoint.ts';
import { newRecord } from '../../src/train/trainer/new-record.ts';
import { presetFor } from '../../src/train/trainer/presets.ts';
import { runFiles } from '../../src/train/trainer/run-files.ts';
import { initialState, weightsOf } from '../../src/train/trainer/training-state.ts';

/** A place for runs, to be shown to keep them. */
export interface Place {
  /** Takes a run of this place, made if it is not there. */
  hold(id: string): Promise<FileRunStore>;
  /** The files of a run, for whoever reads them. */
  files(id: string): FileStore;
}

/** What a place must do, and what it comes to: values that a worker can hand on. */
export interface Promised {
  readonly act: (place: Place, id: string) => Promise<unknown>;
  readonly expected: unknown;
}

const text = 'what a run has kept is there again. '.repeat(20);
const tokenizer = CharacterTokenizer.fromText(text);
const first: Checkpoint = (() => {
  const model = bigram.configure({ vocabulary: tokenizer.size, block: 8 });
  const setup = presetFor(bigram);
  const data = { path: undefined, characters: text.length, sha256: '0'.repeat(64) };
  const record = newRecord({ model, setup, tokenizer, data, tokens: splitTokens(tokenizer.encode(text)) });
  return { record, state: initialState(model, setup) };
})();

/** A checkpoint of a step, told apart by its state too. */
export function at(step: number): Checkpoint {
  return { record: { ...first.record, step }, state: { ...first.state, step: tensor('int32', [], [step]) } };
}

const line = (step: number) => ({
  step,
  loss: 1 / 3,
  gradient_norm: 1,
  learning_rate: 1e-3,
  tokens_per_second: 5,
  seconds: step,
});

/** Does something with a run while it is held. */
async function held<Result>(place: Place, id: string, act: (run: FileRunStore) => Promise<Result>): Promise<Result> {
  const run = await place.hold(id);
  try {
    return await act(run);
  } finally {
    await run.release();
  }
}

/** The steps of what is found, by the record and by the state, and how many later ones were passed over. */
async function found(files: FileStore): Promise<unknown> {
  const { checkpoint, passedOver } = await lastCheckpoint(files);
  return [checkpoint.record.step, Number(checkpoint.state.step?.data[0]), passedOver.length];
}

const sorted = async (files: FileStore, folder: string): Promise<string[]> => [...(await files.list(folder))].sort();

const messageOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return 'nothing was wrong';
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
};

export const storeContract: Readonly<Record<string, Promised>> = {
  'the last checkpoint is what was saved last, to the last bit': {
    act: (place, id) =>
      held(place, id, async (run) => {
        for (const step of [10, 20, 30]) await run.save(at(step), { keep: 0 });
        const { checkpoint } = await lastCheckpoint(place.files(id));
        const same = Object.entries(at(30).state).every(
          ([name, { data }]) => String(checkpoint.state[name]?.data) === String(data),
        );
        return { same, names: Object.keys(checkpoint.state).length === Object.keys(first.state).length };
      }),
    expected: { same: true, names: true },
  },
  'a run is a directory that other tools read': {
    act: (place, id) =>
      held(place, id, async (run) => {
        await run.save(at(10), { keep: 0 });
        await run.save(at(20), { keep: 0 });
        return (await sorted(place.files(id), '')).filter((name) => !name.startsWith('.'));
      }),
    expected: [
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'trainer.json',
      'training_state.safetensors',
    ],
  },
  'checkpoints before the last one are kept as many as asked for': {
    act: (place, id) =>
      held(place, id, async (run) => {
        for (const step of [10, 20, 30, 40]) await run.save(at(step), { keep: 2 });
        return sorted(place.files(id), runFiles.checkpoints);
      }),
    expected: ['step-20.safetensors', 'step-30.safetensors'],
  },
  'one that is damaged is passed over for the one before it, and never kept in its place': {
    act: (place, id) =>
      held(place, id, async (run) => {
        const files = place.files(id);
        for (const step of [10, 20]) await run.save(at(step), { keep: 1 });
        await run.files.write('', [[runFiles.state, 'no state']]);
        const before = await found(files);
        await run.rewind(10, { damaged: true });
        await run.save(at(15), { keep: 1 });
        return [before, await found(files), await sorted(files, runFiles.checkpoints)];
      }),
    expected: [[10, 10, 1], [15, 15, 0], ['step-10.safetensors']],
  },
  'the best model is a model directory of its own, replaced by a better one': {
    act: (place, id) =>
      held(place, id, async (run) => {
        const weights = weightsOf(first.record.model, first.state);
        for (const step of [5, 15]) await run.saveBest(first.record, weights, { step, validationLoss: 2 - step / 100 });
        const bytes = await place.files(id).read('best/model.safetensors', 'the weights');
        const header = new TextDecoder().decode(bytes.subarray(8, 200));
        return [await sorted(place.files(id), runFiles.best), header.includes('"step":"15","validation_loss":"1.85"')];
      }),
    expected: [
      [
        'config.json',
        'generation_config.json',
        'model.safetensors',
        'special_tokens_map.json',
        'tokenizer.json',
        'tokenizer_config.json',
      ],
      true,
    ],
  },
  'logs grow line by line, and are taken back to a checkpoint': {
    act: (place, id) =>
      held(place, id, async (run) => {
        for (const step of [10, 20, 30]) {
          await run.report(line(step));
          await run.sample({ step, text: `é🐋 ${step}` });
        }
        await run.rewind(20);
        await run.report(line(25));
        const [metrics, samples] = [await readMetrics(place.files(id)), await readSamples(place.files(id), 10)];
        return [metrics, samples];
      }),
    expected: [[line(10), line(20), line(25)], [{ step: 10, text: 'é🐋 10' }]],
  },
  'nothing is there before anything was kept': {
    act: async (place, id) => {
      const files = place.files(id);
      const missing = await messageOf(() => lastCheckpoint(files));
      return [
        await files.list(''),
        await readMetrics(files),
        missing.startsWith('UserError: Could not read the training state'),
      ];
    },
    expected: [[], [], true],
  },
  'one trainer holds it at a time, and it is free again after it': {
    act: async (place, id) => {
      const refused = await held(place, id, async (run) => {
        await run.save(at(10), { keep: 0 });
        return messageOf(() => place.hold(id));
      });
      return [refused.startsWith('UserError: '), await held(place, id, async () => 'free')];
    },
    expected: [true, 'free'],
  },
};
