import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportProgram } from '../../src/export/export-program.ts';
import { makeProgram, modelParameters, type ProgramName, programNames } from '../../src/programs/index.ts';
import { triluVersion } from '../common/machine.ts';
import { measuredModel } from '../common/models.ts';
import { serveSide } from '../common/side.ts';
import { optimizer } from '../train/workload.ts';
import { weightsFile } from './files.ts';

// trilu's side of the comparison: from the model's definition and its weights to a file. Usage: trilu.ts FOLDER MODEL.

const [folder = '.', name = ''] = process.argv.slice(2);

await serveSide(async () => {
  const { buffer, byteOffset, byteLength } = await readFile(join(folder, weightsFile));
  const all = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  const weights = new Map<string, Float32Array>();
  let position = 0;
  for (const { name: parameter, value } of modelParameters(measuredModel(name))) {
    const size = value.shape.reduce<number>((product, length) => product * Number(length), 1);
    weights.set(parameter, all.subarray(position, position + size));
    position += size;
  }
  const write = async (program: ProgramName): Promise<{ times: number[] }> => {
    const start = performance.now();
    const bytes = exportProgram(makeProgram(program, measuredModel(name), { optimizer }), { weights });
    await writeFile(join(folder, `trilu.${program}.onnx`), bytes);
    return { times: [performance.now() - start] };
  };
  return {
    about: `trilu ${triluVersion()}, Node ${process.version}`,
    answers: Object.fromEntries(programNames.map((program) => [program, () => write(program)])),
  };
});
