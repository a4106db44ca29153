import { join } from 'node:path';
import { AutoModelForCausalLM, AutoTokenizer, env, LogLevel, Tensor, TextStreamer } from '@huggingface/transformers';
import { repeated, serveSide } from '../common/side.ts';
import { readWorkload, writingFiles } from '../decode/files.ts';

// transformers.js's side of the comparison: it writes from the folder that `trilu export --format hf --main cache` makes. Usage:
// side.ts FOLDER THREADS.

const [folder = '.', threadsText = '1'] = process.argv.slice(2);

/** Notes when the first character came, and which came; the prompt is put first. Nothing is made text of. */
class Clock extends TextStreamer {
  readonly tokens: number[] = [];
  first = 0;
  #isPrompt = true;

  override put(value: bigint[][]): void {
    if (this.#isPrompt) {
      this.#isPrompt = false;
      return;
    }
    this.tokens.push(...(value[0] ?? []).map(Number));
    if (this.first === 0) this.first = performance.now();
  }

  override end(): void {}
}

env.allowRemoteModels = false;
env.logLevel = LogLevel.ERROR;

await serveSide(async () => {
  const { prompt, count } = await readWorkload(folder);
  const path = join(folder, writingFiles.huggingFace);
  const tokenizer = await AutoTokenizer.from_pretrained(path, { local_files_only: true });
  const model = await AutoModelForCausalLM.from_pretrained(path, {
    local_files_only: true,
    dtype: 'fp32',
    session_options: { intraOpNumThreads: Number(threadsText), interOpNumThreads: 1 },
  });
  const ids = new Tensor('int64', BigInt64Array.from(prompt, BigInt), [1, prompt.length]);
  const mask = new Tensor('int64', new BigInt64Array(prompt.length).fill(1n), [1, prompt.length]);
  return {
    about: `transformers.js ${env.version}, Node ${process.version}`,
    answers: {
      decode: repeated(async () => {
        const clock = new Clock(tokenizer);
        await model.generate({
          inputs: ids,
          attention_mask: mask,
          do_sample: false,
          max_new_tokens: count,
          streamer: clock,
        });
        return { milliseconds: (performance.now() - clock.first) / (count - 1), tokens: clock.tokens };
      }),
    },
  };
});
