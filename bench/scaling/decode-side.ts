import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { open } from '../../src/runtime/node/open.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { versionOf } from '../common/machine.ts';
import { repeated, serveSide } from '../common/side.ts';
import { writingMeasure } from '../common/writing.ts';
import { decodeFiles, decodeTaskSchema } from './decode-files.ts';

// Writes characters with a generate program, as one run of it. Usage: decode-side.ts FOLDER.

await import('onnxruntime-node');

await serveSide(async () => {
  const folder = process.argv[2] ?? '.';
  const text = await readFile(join(folder, decodeFiles.task), 'utf8');
  const { batch, count, prompt, threads } = v.parse(decodeTaskSchema, JSON.parse(text));
  const session = await open(join(folder, decodeFiles.program), { device: 'cpu', threads, worker: false });
  const tokens = tensor('int32', [batch, prompt], new Int32Array(batch * prompt));
  const measure = repeated(writingMeasure(session, tokens, count));
  return { about: `onnxruntime-node ${versionOf('onnxruntime-node')}`, answers: { decode: measure } };
});
