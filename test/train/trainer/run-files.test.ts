import { describe, expect, it } from 'vitest';
import { readModel } from '../../../src/import/read-model-directory.ts';
import { decodeCheckpoint } from '../../../src/train/trainer/checkpoint.ts';
import { decodeRecord } from '../../../src/train/trainer/record.ts';
import { checkpointFiles, runFiles } from '../../../src/train/trainer/run-files.ts';
import { weightsOf } from '../../../src/train/trainer/training-state.ts';
import { smallRun } from './small-run.ts';

const { checkpoint } = smallRun();

async function contents(): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = await checkpointFiles(checkpoint);
  return new Map(
    files.map(([name, content]) => [
      name,
      Buffer.concat(typeof content === 'string' ? [Buffer.from(content)] : content),
    ]),
  );
}

describe('the files of a checkpoint', () => {
  it('begin with the state, which holds all that must fit together', async () => {
    const [[name] = []] = await checkpointFiles(checkpoint);
    expect(name).toBe(runFiles.state);
    const bytes = (await contents()).get(runFiles.state) ?? new Uint8Array(0);
    expect(await decodeCheckpoint(bytes, 'the state')).toEqual(checkpoint);
  });

  it('are a model directory with the run’s record', async () => {
    const files = await contents();
    const { model, tokenizer } = checkpoint.record;
    const weights = weightsOf(model, checkpoint.state);
    const read = await readModel(async (name) => files.get(name), 'files');
    expect(read).toEqual({ model, tokenizer, weights });
    const record = new TextDecoder().decode(files.get(runFiles.record));
    expect(decodeRecord(record, 'the record')).toEqual(checkpoint.record);
  });
});
