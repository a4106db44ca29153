import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { NumericData } from '../../src/onnx/data-types.ts';
import { hash } from '../../src/random/counter.ts';
import { type ByteSource, bytesInMemory } from '../../src/safetensors/byte-source.ts';
import type { SafetensorsType } from '../../src/safetensors/header.ts';
import { openSafetensors } from '../../src/safetensors/open-safetensors.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsTensor,
  safetensorsParts,
} from '../../src/safetensors/safetensors.ts';
import { openByteFile } from '../../src/storage/byte-file.ts';
import { debianPath } from '../support/debian.ts';

const folder = mkdtempSync(join(tmpdir(), 'trilu-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tensors: SafetensorsTensor[] = [
  { name: 'w', type: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  { name: 'h', type: 'F16', shape: [3], data: Uint16Array.of(0x3c00, 0, 0x8000) },
  { name: 'n', type: 'I8', shape: [], data: Int8Array.of(-7) },
  { name: 'none', type: 'F32', shape: [0], data: new Float32Array(0) },
];
const bytes = encodeSafetensors(tensors, { format: 'pt' });

const makers: readonly (readonly [SafetensorsType, (numbers: readonly number[]) => NumericData])[] = [
  ['F64', (numbers) => Float64Array.from(numbers)],
  ['F32', (numbers) => Float32Array.from(numbers)],
  ['F16', (numbers) => Uint16Array.from(numbers)],
  ['BF16', (numbers) => Uint16Array.from(numbers)],
  ['I64', (numbers) => BigInt64Array.from(numbers, BigInt)],
  ['U64', (numbers) => BigUint64Array.from(numbers, (number) => BigInt(number >>> 0))],
  ['I32', (numbers) => Int32Array.from(numbers)],
  ['I8', (numbers) => Int8Array.from(numbers)],
  ['BOOL', (numbers) => Uint8Array.from(numbers, (number) => number & 1)],
];

/** Up to 8 tensors of any type, of up to 3 sizes from 0 to 4, with names that a format could trip over. */
function randomTensors(seed: number): SafetensorsTensor[] {
  let drawn = 0;
  const below = (limit: number): number => (hash(seed, drawn++) >>> 0) % limit;
  return Array.from({ length: below(9) }, (_, index) => {
    const [type, make] = makers[below(makers.length)] ?? ['F32', (numbers) => Float32Array.from(numbers)];
    const shape = Array.from({ length: below(4) }, () => below(5));
    const size = shape.reduce((product, length) => product * length, 1);
    const data = make(Array.from({ length: size }, () => hash(seed, drawn++) | 0));
    const word = ['w', '7', '\\"', 'é', '🐋', '__proto__', ' ', '\u0000'][below(8)] ?? '';
    return { name: `${word}${index === 0 ? '' : index}`, type, shape, data };
  });
}

/** Reads all of a file through the reader. */
async function readAll(source: ByteSource): Promise<ReturnType<typeof decodeSafetensors>> {
  const reader = await openSafetensors(source, 'w.safetensors');
  const read: [string, SafetensorsTensor][] = [];
  for (const [name, entry] of reader.entries) read.push([name, await reader.read(entry)]);
  return { tensors: new Map(read), metadata: reader.metadata };
}

/** What a reading came to: a file, or the message of the UserError. Any other error fails the test. */
async function outcome(read: () => unknown): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
}

describe('a file read in parts', () => {
  it('gives what the same file in memory gives', async () => {
    expect(await readAll(bytesInMemory(bytes))).toEqual(decodeSafetensors(bytes));
  });

  it('of any tensors comes back as it was written, in memory and in parts', async () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const some = randomTensors(seed);
      const file = encodeSafetensors(some);
      const byName = (list: Iterable<SafetensorsTensor>): Map<string, SafetensorsTensor> =>
        new Map([...list].map((tensor) => [tensor.name, tensor]));
      const whole = decodeSafetensors(file);
      expect(byName(whole.tensors.values())).toEqual(byName(some));
      expect(await readAll(bytesInMemory(file))).toEqual(whole);
      for (const { data } of whole.tensors.values()) expect(data.byteOffset % data.BYTES_PER_ELEMENT).toBe(0);
    }
  });

  it('is what its parts, one after another, are', () => {
    expect(Buffer.concat(safetensorsParts(tensors, { format: 'pt' })).equals(bytes)).toBe(true);
  });

  it('cut short at any byte, or with any one byte changed, comes to the same as in memory', async () => {
    for (let length = 0; length <= bytes.length; length += 1) {
      const beginning = bytes.subarray(0, length);
      const whole = await outcome(() => decodeSafetensors(beginning, 'w.safetensors'));
      expect(await outcome(() => readAll(bytesInMemory(beginning)))).toEqual(whole);
      if (length < bytes.length) expect(whole).toMatch(/^w\.safetensors is cut short/);
    }
    for (let index = 0; index < bytes.length; index += 1) {
      for (const change of [1, 0x10, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[index] = (damaged[index] ?? 0) ^ change;
        const whole = await outcome(() => decodeSafetensors(damaged, 'w.safetensors'));
        expect(await outcome(() => readAll(bytesInMemory(damaged)))).toEqual(whole);
      }
    }
  });

  it('reads no tensor, and takes no memory for one, before the header has been checked', async () => {
    const asked: (readonly [number, number])[] = [];
    const lying = (header: string, size: number): ByteSource => ({
      size,
      read: async (begin, end) => {
        asked.push([begin, end]);
        const start = new Uint8Array(8 + header.length);
        new DataView(start.buffer).setBigUint64(0, BigInt(header.length), true);
        start.set(new TextEncoder().encode(header), 8);
        return start.subarray(begin, end);
      },
    });
    const terabyte = 2 ** 40;
    const header = (elements: number): string =>
      `{"w":{"dtype":"F32","shape":[${elements}],"data_offsets":[0,${elements * 4}]}}`;
    await expect(openSafetensors(lying(header(terabyte), 1000), 'x')).rejects.toThrow(
      /^x is cut short: tensor 'w' ends/,
    );
    const { entries } = await openSafetensors(lying(header(terabyte), 4 * terabyte + 8 + header(terabyte).length), 'x');
    expect(entries.get('w')?.end).toBe(4 * terabyte);
    expect(Math.max(...asked.map(([, end]) => end))).toBeLessThan(200);
  });

  it('says so when it becomes shorter while it is read', async () => {
    const source = { size: bytes.length, read: async (begin: number, end: number) => bytes.subarray(begin, end - 1) };
    const started = { ...source, read: async (begin: number, end: number) => bytes.subarray(begin, end) };
    await expect(openSafetensors(source, 'x')).rejects.toThrow(/^x was cut short while it was read/);
    const reader = await openSafetensors(started, 'x');
    started.read = source.read;
    const entry = reader.entries.get('w');
    if (entry === undefined) throw new Error('there is no w');
    await expect(openSafetensors(started, 'x')).rejects.toThrow(UserError);
    await expect(reader.read(entry)).rejects.toThrow(
      /^x was cut short while it was read: bytes \d+ to \d+ are no longer/,
    );
  });

  it('may be larger than one read or the memory of a tensor takes: 5 GiB on the disk', async () => {
    const large = 5 * 2 ** 30;
    const header =
      `{"large":{"dtype":"U8","shape":[${large}],"data_offsets":[0,${large}]},` +
      `"last":{"dtype":"F32","shape":[2],"data_offsets":[${large},${large + 8}]}}`;
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(header.length));
    const path = join(folder, 'large.safetensors');
    writeFileSync(path, Buffer.concat([start, Buffer.from(header)]));
    // A hole takes no room on the disk.
    truncateSync(path, 8 + header.length + large);
    writeFileSync(path, Buffer.from(Float32Array.of(1.5, -2).buffer), { flag: 'a' });
    const file = await openByteFile(path, 'the weights');
    try {
      const reader = await openSafetensors(file, path);
      const entry = reader.entries.get('last');
      if (entry === undefined) throw new Error('there is no last');
      expect((await reader.read(entry)).data).toEqual(Float32Array.of(1.5, -2));
    } finally {
      await file.close();
    }
  });
});

const python = debianPath('/usr/bin/python3', 'python3');
const script = fileURLToPath(new URL('../torch/safetensors_file.py', import.meta.url));
const path = join(folder, 'python.safetensors');

describe.skipIf(python === undefined)('Python, by the published format alone,', () => {
  const run = (...args: readonly string[]): string =>
    execFileSync(python ?? '', ['-B', script, ...args], { encoding: 'utf8' });

  it('writes what is read here, unaligned and in an order of its own', async () => {
    run('write', path);
    const { tensors: read, metadata } = decodeSafetensors(readFileSync(path));
    expect(metadata).toEqual({ 'made by': 'hand', é: 'ü' });
    expect(
      [...read.values()].map(({ name, type, shape, data }) => [name, type, shape, Array.from<unknown>(data)]),
    ).toEqual([
      ['second', 'F32', [2, 3], Array.from(Float32Array.of(0.5, -1.25, 3, 1e-40, -3.4028234663852886e38, 7))],
      ['first.weight', 'F16', [4], [0x3c00, 0xb555, 0x0400, 0x7bff]],
      ['naïve 🐋', 'I8', [3], [-128, 0, 127]],
      ['unaligned', 'F64', [], [0.1]],
      ['nothing', 'I32', [3, 0], []],
      ['truth', 'BOOL', [1, 2], [1, 0]],
      ['large', 'I64', [2], [-(2n ** 63n), 2n ** 63n - 1n]],
      ['bits', 'BF16', [2], [0x3f80, 0xc0a0]],
    ]);
    const file = await openByteFile(path, 'the weights');
    try {
      expect(await readAll(file)).toEqual(decodeSafetensors(new Uint8Array(readFileSync(path))));
    } finally {
      await file.close();
    }
  });

  it('reads what is written here: types, shapes, numbers, and data that begins at a multiple of 8', () => {
    writeFileSync(path, bytes);
    const answer: unknown = JSON.parse(run('read', path));
    expect(answer).toEqual({
      start: bytes.length - 23,
      metadata: { format: 'pt' },
      tensors: [
        ['none', 'F32', [0], []],
        ['w', 'F32', [2, 2], ['1.0', '2.0', '3.0', '4.0']],
        ['h', 'F16', [3], ['1.0', '0.0', '-0.0']],
        ['n', 'I8', [], ['-7']],
      ],
    });
    expect((bytes.length - 23) % 8).toBe(0);
  });
});
