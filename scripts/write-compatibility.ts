/** Writes the tables of docs/compatibility.md: every form of file that is exported, tried with every consumer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { readFileChecked, writeFileAtomic } from '../src/storage/atomic-file.ts';
import { pythonWithOnnx } from '../test/support/debian.ts';
import { useSwiftShader } from '../test/support/swiftshader.ts';
import { columnsOf } from './compatibility/columns.ts';
import { jaxJs } from './compatibility/consumers/jax-js.ts';
import { netron } from './compatibility/consumers/netron.ts';
import { onnxChecker, onnxVersion } from './compatibility/consumers/onnx-checker.ts';
import { onnxRuntime } from './compatibility/consumers/onnxruntime.ts';
import { transformersJs } from './compatibility/consumers/transformers-js.ts';
import { renderMeasured, withMeasuredPart } from './compatibility/document.ts';
import { forms } from './compatibility/forms.ts';
import { measure } from './compatibility/measure.ts';

await new Command('write-compatibility')
  .description('tries every form of file with every consumer, and writes what came of it')
  .option('--out <file>', 'the document', 'docs/compatibility.md')
  .action(async ({ out }: { readonly out: string }) => {
    const document = new TextDecoder().decode(await readFileChecked(out, 'the document'));
    const python = pythonWithOnnx();
    // Before ONNX Runtime is loaded, and always: which GPU there is must not change the document.
    if (!useSwiftShader() || python === undefined) throw new Error('A consumer is missing; it is named above.');
    // jax-js before onnxruntime-web, which puts a Worker into the global scope: jax-js looks for one in two places, at two times.
    const consumers = [
      jaxJs(),
      onnxRuntime('onnxruntime-node webgpu', 'webgpu'),
      onnxRuntime('onnxruntime-web wasm', 'wasm'),
      transformersJs(),
      onnxChecker(python),
      netron(),
    ];
    const directory = mkdtempSync(join(tmpdir(), 'trilu-compatibility-'));
    try {
      const results = await measure(forms, directory, consumers, (column) => process.stderr.write(`${column} …\n`));
      await writeFileAtomic(out, withMeasuredPart(document, renderMeasured(columnsOf(onnxVersion(python)), results)));
    } finally {
      rmSync(directory, { recursive: true });
    }
  })
  .parseAsync();
