import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { tensor } from '../../../src/runtime/tensor.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../src/safetensors/safetensors.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../../src/train/trainer/checkpoint.ts';
import { decodeRecord, encodeRecord } from '../../../src/train/trainer/record.ts';
import { checkpointFile } from './checkpoint-file.ts';
import { smallRun } from './small-run.ts';

const { checkpoint } = smallRun();
const bytes = await checkpointFile(checkpoint);

describe('a checkpoint', () => {
  it('comes back from its file as it was', async () => {
    expect(await decodeCheckpoint(bytes, 'state')).toEqual(checkpoint);
  });

  it('with a path and special numbers comes back too', async () => {
    const special = Float32Array.of(-0, 2 ** -149, 3.4028234663852886e38, -3.4028234663852886e38, 2 ** -126);
    const other = {
      record: { ...checkpoint.record, data: { ...checkpoint.record.data, path: '/a text/鯨.txt' }, step: 2 ** 31 },
      state: { ...checkpoint.state, special: tensor('float32', [5], special) },
    };
    expect(await decodeCheckpoint(await checkpointFile(other), 'state')).toEqual(other);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('is not made of %d', async (number) => {
    const state = { ...checkpoint.state, broken: tensor('float32', [3], Float32Array.of(1, number, 2)) };
    await expect(encodeCheckpoint({ ...checkpoint, state })).rejects.toThrow('broken is no longer finite at step 0');
  });

  it('is a safetensors file that others can read', () => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect([...tensors.keys()].sort()).toEqual(Object.keys(checkpoint.state).sort());
    expect(JSON.parse(metadata.trainer ?? '')).toMatchObject({ version: 1, step: 0, config: { model_type: 'gpt2' } });
  });

  it('refuses to be written with what no training state has', async () => {
    const state = { flags: tensor('bool', [1], [true]) };
    await expect(encodeCheckpoint({ ...checkpoint, state })).rejects.toThrow('flags is of type bool');
  });
});

async function refusal(damaged: Uint8Array): Promise<string> {
  const error: unknown = await decodeCheckpoint(damaged, 'run/state').then(
    () => 'it was read',
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return String(error);
}

describe('a damaged checkpoint', () => {
  it('cut short anywhere is a mistake told to the user', async () => {
    const cuts = [
      ...Array(512).keys(),
      ...Array.from({ length: 400 }, (_, index) => Math.floor((index / 400) * bytes.length)),
    ];
    for (const length of [...cuts, bytes.length - 1]) {
      expect(await refusal(bytes.slice(0, length)), `${length} bytes`).toMatch(/run\/state is cut short/);
    }
  });

  it('with any bit changed, in its header or its data, is told of', async () => {
    const headerEnd = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const inHeader = Array.from({ length: 1500 }, (_, round) => (round * 7919) % headerEnd);
    const inData = Array.from({ length: 300 }, (_, round) => headerEnd + ((round * 7919) % (bytes.length - headerEnd)));
    for (const [round, place] of [...inHeader, ...inData, headerEnd, bytes.length - 1].entries()) {
      const damaged = bytes.slice();
      damaged[place] = (damaged[place] ?? 0) ^ (1 << (round % 8));
      const message = await refusal(damaged);
      if (place >= headerEnd)
        expect(message).toContain('run/state is damaged: its checksum is not that of its content.');
    }
  });

  it('with the data of two tensors exchanged is told of', async () => {
    const other = { ...checkpoint.state };
    const [one = '', two = ''] = Object.keys(other).filter((name) => name.includes('c_fc.weight'));
    const swapped = { ...other, [one]: other[two], [two]: other[one] } as typeof other;
    const bytesOfSwapped = await checkpointFile({ ...checkpoint, state: swapped });
    const headerEnd = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    expect(bytesOfSwapped.length).toBe(bytes.length);
    const mixed = bytesOfSwapped.slice();
    mixed.set(bytes.subarray(0, headerEnd));
    expect(await refusal(mixed)).toContain('checksum');
  });

  it('with longer data is told of', async () => {
    const longer = new Uint8Array(bytes.length + 4);
    longer.set(bytes);
    expect(await refusal(longer)).toContain('last 4 bytes belong to no tensor');
  });

  it('without a checksum is told of', async () => {
    const trainer = { trainer: encodeRecord(checkpoint.record) };
    const data = Float32Array.of(1);
    for (const sha256 of [{}, { sha256: '' }, { sha256: '0'.repeat(64) }]) {
      const file = encodeSafetensors([{ name: 'x', type: 'F32', shape: [1], data }], { ...trainer, ...sha256 });
      expect(await refusal(file)).toMatch(
        /has no checksum: it is damaged, or was written by an older|is damaged: its checksum/,
      );
    }
  });

  it('that is another safetensors file is told of', async () => {
    const other = encodeSafetensors([{ name: 'x', type: 'F32', shape: [1], data: Float32Array.of(1) }], {
      format: 'pt',
    });
    await expect(decodeCheckpoint(other, 'model.safetensors')).rejects.toThrow(
      'model.safetensors is no checkpoint of trilu: it lacks the metadata entry trainer.',
    );
  });
});

describe('trainer.json', () => {
  const text = encodeRecord(checkpoint.record);

  it('comes back as it was', () => {
    expect(decodeRecord(text, 'trainer.json')).toEqual(checkpoint.record);
  });

  it.each<[string, (json: Record<string, unknown>) => void, RegExp]>([
    [
      'of another version',
      (json) => (json.version = 2),
      /written by another version of trilu \(format 2, this one reads 1\)/,
    ],
    [
      'without a version',
      (json) => Reflect.deleteProperty(json, 'version'),
      /another version of trilu \(format undefined/,
    ],
    ['with a step below 0', (json) => (json.step = -1), /trainer\.json is damaged: step: /],
    ['with half a step', (json) => (json.step = 1.5), /trainer\.json is damaged: step: /],
    ['without its options', (json) => Reflect.deleteProperty(json, 'options'), /trainer\.json is damaged: options: /],
    ['with a position that is a text', (json) => (json.data_position = ['1']), /is damaged: data_position\.0: /],
    [
      'with an optimizer that is not defined',
      (json) => (json.options = { ...(json.options as object), optimizer: { name: 'mine', clip: 1 } }),
      /trainer\.json names an optimizer that is not defined here, mine: load the module that defines it first\./,
    ],
    [
      'with a setting that the optimizer does not allow',
      (json) => (json.options = { ...(json.options as object), optimizer: { name: 'adamw', beta1: 2 } }),
      /trainer\.json is damaged: adamw: beta1 must be a number from 0 and below 1, not 2\./,
    ],
    [
      'with a model that there is not',
      (json) => Object.assign(json.config as object, { n_layer: -1 }),
      /trainer\.json is no configuration .*: n_layer: must be a whole number from 1/,
    ],
  ])('%s is told of', (_, damage, message) => {
    const json = JSON.parse(text);
    damage(json);
    const decode = (): unknown => decodeRecord(JSON.stringify(json), 'trainer.json');
    expect(decode).toThrow(UserError);
    expect(decode).toThrow(message);
  });

  it.each(['', '{', 'null', '[]', '3'])('%j is told of', (damaged) => {
    expect(() => decodeRecord(damaged, 'trainer.json')).toThrow(UserError);
  });
});
