import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/export/safetensors/safetensors.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { decodeCheckpoint, decodeRecord, encodeCheckpoint, encodeRecord } from '../../src/trainer/checkpoint.ts';
import { smallRun } from './small-run.ts';

const { checkpoint } = smallRun();
const bytes = encodeCheckpoint(checkpoint);

describe('a checkpoint', () => {
  it('comes back from its file as it was', () => {
    expect(decodeCheckpoint(bytes, 'state')).toEqual(checkpoint);
  });

  it('with a path and special numbers comes back too', () => {
    const special = Float32Array.of(-0, 2 ** -149, 3.4028234663852886e38, Number.NaN, Number.NEGATIVE_INFINITY);
    const other = {
      record: { ...checkpoint.record, data: { ...checkpoint.record.data, path: '/a text/鯨.txt' }, step: 2 ** 31 },
      state: { ...checkpoint.state, special: tensor('float32', [5], special) },
    };
    expect(decodeCheckpoint(encodeCheckpoint(other), 'state')).toEqual(other);
  });

  it('is a safetensors file that others can read', () => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect([...tensors.keys()].sort()).toEqual(Object.keys(checkpoint.state).sort());
    expect(JSON.parse(metadata.trainer ?? '')).toMatchObject({ version: 1, step: 0, config: { model_type: 'gpt2' } });
  });

  it('refuses to be written with what no training state has', () => {
    const state = { flags: tensor('bool', [1], [true]) };
    expect(() => encodeCheckpoint({ ...checkpoint, state })).toThrow('flags is of type bool');
  });
});

describe('a damaged checkpoint', () => {
  it('cut short anywhere is a mistake told to the user', () => {
    const cuts = [
      ...Array(512).keys(),
      ...Array.from({ length: 400 }, (_, index) => Math.floor((index / 400) * bytes.length)),
    ];
    for (const length of [...cuts, bytes.length - 1]) {
      const cut = (): unknown => decodeCheckpoint(bytes.slice(0, length), 'run/state');
      expect(cut, `${length} bytes`).toThrow(UserError);
      expect(cut, `${length} bytes`).toThrow(/^run\/state is cut short/);
    }
  });

  it('with bytes changed in its header is told of or read, and never a crash', () => {
    const headerEnd = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    let refused = 0;
    for (let round = 0; round < 1500; round += 1) {
      const damaged = bytes.slice();
      const place = (round * 7919) % headerEnd;
      damaged[place] = (damaged[place] ?? 0) ^ (1 << (round % 8));
      try {
        decodeCheckpoint(damaged, 'run/state');
      } catch (error) {
        expect(error, `bit ${round % 8} of byte ${place}`).toBeInstanceOf(UserError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(500);
  });

  it('with longer data is told of', () => {
    const longer = new Uint8Array(bytes.length + 4);
    longer.set(bytes);
    expect(() => decodeCheckpoint(longer, 'run/state')).toThrow(/last 4 bytes belong to no tensor/);
  });

  it('that is another safetensors file is told of', () => {
    const other = encodeSafetensors([{ name: 'x', type: 'F32', shape: [1], data: Float32Array.of(1) }], {
      format: 'pt',
    });
    expect(() => decodeCheckpoint(other, 'model.safetensors')).toThrow(
      'model.safetensors is no checkpoint of trilu: it lacks the metadata entry trainer.',
    );
    const trainer = { trainer: encodeRecord(checkpoint.record) };
    const half = encodeSafetensors([{ name: 'x', type: 'U8', shape: [1], data: Uint8Array.of(1) }], trainer);
    expect(() => decodeCheckpoint(half, 'state')).toThrow('state is no checkpoint of trilu: x is of type U8.');
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
      'with a model that there is not',
      (json) => Object.assign(json.config as object, { n_layer: -1 }),
      /trainer\.json describes no model: layers must be/,
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
