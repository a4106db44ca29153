import { env, pipeline, type TextGenerationPipeline } from '@huggingface/transformers';
import { greedyIds } from '../trial.ts';
import { type Cell, failure } from '../verdict.ts';
import { type Consumer, oneByOne } from './consumer.ts';
import { withFile } from './onnxruntime.ts';

/** What the pipeline goes on from, and by how many characters: as many as the block holds, which the window form goes beyond. */
const prompt = 'bed';
const counts = { window: 12, cache: 5 } as const;

/** transformers.js's text generation, from the folder alone; the text must be that of the graph's own scores. */
export function transformersJs(): Consumer {
  env.allowRemoteModels = false;
  return oneByOne('transformers.js', async (file): Promise<Cell> => {
    const { textGeneration, vocabulary } = file;
    if (textGeneration === undefined) return { verdict: '–' };
    const { folder, program } = textGeneration;
    const count = counts[program.form];
    try {
      const ids = Array.from(prompt, (character) => vocabulary.indexOf(character));
      const expected = await withFile(file, 'cpu', (run) => greedyIds(program, run, ids, count));
      const options = { do_sample: false, max_new_tokens: count, return_full_text: false } as const;
      const loading = pipeline('text-generation', folder, { local_files_only: true });
      const written = (await loading) as TextGenerationPipeline;
      const [result] = await written(prompt, options);
      await written.dispose();
      return {
        verdict: result?.generated_text === expected.map((id) => vocabulary[id]).join('') ? 'equal' : 'differs',
      };
    } catch (error) {
      return failure(error, file.path);
    }
  });
}
