import { env, LogLevel, pipeline, type TextGenerationPipeline } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graphFileName } from '../../src/export/hugging-face-folder.ts';
import type { TextGenerationForm } from '../../src/programs/text-generation-program.ts';
import { tinyStages } from '../support/tiny-ladder.ts';
import { ownGreedyText, removeFolders, type WrittenModel, writeFolder } from './folder.ts';

env.allowRemoteModels = false;
afterAll(removeFolders);

/** transformers.js's own pipeline, from the folder alone. */
async function load(path: string, model_file_name?: string): Promise<TextGenerationPipeline> {
  const options = { local_files_only: true, ...(model_file_name === undefined ? {} : { model_file_name }) };
  return (await pipeline('text-generation', path, options)) as TextGenerationPipeline;
}

/** What a pipeline writes on, the likeliest character each time. */
async function greedyText(written: TextGenerationPipeline, prompt: string, count: number): Promise<string> {
  const options = { do_sample: false, max_new_tokens: count, return_full_text: false } as const;
  const [result] = await written(prompt, options);
  return result?.generated_text ?? '';
}

async function greedyTexts(written: TextGenerationPipeline, prompts: string[], count: number): Promise<string[]> {
  const options = { do_sample: false, max_new_tokens: count, return_full_text: false } as const;
  return (await written(prompts, options)).map(([result]) => result?.generated_text ?? '');
}

const prompt = 'ab n';

describe.each<[TextGenerationForm, string, () => WrittenModel]>([
  ['window', 'of 8 characters', () => writeFolder('window', 'gpt', { settings: { block: 8 }, seed: 3 })],
  ['cache', 'that holds all', () => writeFolder('cache', 'gpt', { settings: { block: 320 }, placesWeigh: 3 })],
])('the %s form, with a block %s', (form, _block, write) => {
  const written = write();
  let generator: TextGenerationPipeline;
  beforeAll(async () => {
    generator = await load(written.path, graphFileName(form));
  });
  afterAll(() => generator.dispose());

  test('writes the greedy text of our own runtime, 300 characters of it', async () => {
    const own = await ownGreedyText(written, prompt, 300);
    expect(new Set(own).size).toBeGreaterThan(5);
    expect(await greedyText(generator, prompt, 300)).toBe(own);
  });

  test('writes of a batch of prompts of different lengths what it writes of each alone', async () => {
    const prompts = ['s', 'ab n', '😀!', "a\u0301\r\n 0'"];
    const own = await Promise.all(prompts.map((text) => ownGreedyText(written, text, 40)));
    expect(await greedyTexts(generator, prompts, 40)).toEqual(own);
  });
});

describe.each(tinyStages)('%s', (stage) => {
  const written = writeFolder(stage.replaceAll(/\W+/g, '-'), stage, { settings: { block: 16 } });

  test.each<[TextGenerationForm, number]>([
    ['window', 30],
    ['cache', 16 - prompt.length],
  ])(
    'is loaded as a text generation pipeline in the %s form, and writes what our own runtime writes',
    async (form, count) => {
      const generator = await load(written.path, graphFileName(form));
      expect(await greedyText(generator, prompt, count)).toBe(await ownGreedyText(written, prompt, count));
      await generator.dispose();
    },
  );
});

test('model.onnx is the window form, so that the default of 256 new characters is no error with a small block', async () => {
  const written = writeFolder('default', 'gpt', { settings: { block: 8 } });
  const generator = await load(written.path);
  const options = { do_sample: false, return_full_text: false } as const;
  const [result] = await generator(prompt, options);
  expect(result?.generated_text).toBe(await ownGreedyText(written, prompt, 256));
  await generator.dispose();
});

test('the cache form is refused beyond the block, rather than going on with wrong text', async () => {
  const written = writeFolder('beyond', 'gpt', { settings: { block: 8 } });
  const generator = await load(written.path, graphFileName('cache'));
  expect(await greedyText(generator, prompt, 5)).toHaveLength(5);
  const { logLevel } = env;
  env.logLevel = LogLevel.NONE; // or it prints all numbers of the run that failed
  await expect(greedyText(generator, prompt, 6)).rejects.toThrow(/out of data bounds, idx=8/);
  env.logLevel = logLevel;
  await generator.dispose();
});

test('sampling goes by generation_config.json: all characters take part, not only the 50 likeliest', async () => {
  const written = writeFolder('sampling', 'bigram');
  const generator = await load(written.path);
  expect(generator.model.generation_config).toMatchObject({ do_sample: true, top_k: 0, top_p: 1, temperature: 1 });
  await generator.dispose();
});
