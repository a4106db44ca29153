import { join } from 'node:path';
import { requireVocabulary } from '../../export/hugging-face/read-model.ts';
import { readModelDirectory } from '../../runs/run-directory.ts';
import { CharacterTokenizer } from '../../text/tokenizer.ts';
import { formatBytes } from '../format.ts';
import { nextSteps } from '../next-steps.ts';
import { runningOptions } from '../options.ts';
import { writePassage } from '../passage.ts';
import { opener } from '../running.ts';
import type { TrainOptions } from '../train.ts';
import { exportModels } from './export.ts';
import { train, whatIsWhere } from './train.ts';

const passageLength = 600;

/** `trilu start`: the main job, end to end: trains, exports, and prints a passage that the exported file has written. */
export async function runStart(options: TrainOptions): Promise<void> {
  const { directory, result, last } = await train(options);
  if (result === undefined) return;
  process.stderr.write(`${result}\n${whatIsWhere(directory, last)}\n`);
  const files = await exportModels({
    ...runningOptions(options),
    source: directory,
    dtype: 'fp32',
    format: 'onnx',
  });
  process.stderr.write('\nExported, and ran once each:\n');
  for (const { file, bytes } of files) process.stderr.write(`  ${file}  ${formatBytes(bytes)}\n`);

  const file = join(directory, 'onnx', 'generate.onnx');
  const vocabulary = requireVocabulary(await readModelDirectory(directory), directory);
  const session = await opener(options)(file);
  try {
    process.stderr.write(`\nA passage from ${file}:\n`);
    const text = await writePassage(session, CharacterTokenizer.fromVocabulary(vocabulary), {
      tokens: passageLength,
      seed: options.seed ?? 1337,
    });
    process.stdout.write(`${text}\n`);
    process.stderr.write(`\nNext:\n${nextSteps(directory, ['generate', 'train'], last.step)}\n`);
  } finally {
    await session.dispose();
  }
}
