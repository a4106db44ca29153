import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { decodeSafetensors, encodeSafetensors, type SafetensorsTensor } from '../../src/safetensors/safetensors.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A file of a header as it stands and some data. */
function file(header: string, data: Iterable<number> = [], length: number = text(header).length): Uint8Array {
  const start = new Uint8Array(8);
  new DataView(start.buffer).setBigUint64(0, BigInt(length), true);
  return Uint8Array.from([...start, ...text(header), ...data]);
}

const tensors: SafetensorsTensor[] = [
  { name: 'b.weight', type: 'F32', shape: [2, 3], data: Float32Array.of(1.5, -2, 3, 4, 5, 6) },
  { name: 'a', type: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) },
  { name: 'count', type: 'I64', shape: [], data: BigInt64Array.of(-5n) },
  { name: 'half', type: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
  { name: '7', type: 'I8', shape: [1], data: Int8Array.of(-1) },
  { name: 'é', type: 'F64', shape: [1], data: Float64Array.of(0.1) },
  { name: 'empty', type: 'F32', shape: [0, 4], data: new Float32Array(0) },
  { name: 'u16', type: 'U16', shape: [1], data: Uint16Array.of(65535) },
  { name: 'u32', type: 'U32', shape: [1], data: Uint32Array.of(2 ** 32 - 1) },
  { name: 'u64', type: 'U64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
  { name: 'i16', type: 'I16', shape: [1], data: Int16Array.of(-2) },
  { name: 'i32', type: 'I32', shape: [1], data: Int32Array.of(-3) },
  { name: 'u8', type: 'U8', shape: [1], data: Uint8Array.of(255) },
];

/** What the reference implementation (Python's safetensors 0.8.0) wrote for the same tensors and metadata. */
const reference = file(
  '{"__metadata__":{"format":"pt"},"u64":{"dtype":"U64","shape":[1],"data_offsets":[0,8]},' +
    '"count":{"dtype":"I64","shape":[],"data_offsets":[8,16]},"é":{"dtype":"F64","shape":[1],"data_offsets":[16,24]},' +
    '"b.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[24,48]},"empty":{"dtype":"F32","shape":[0,4],"data_offsets":[48,48]},' +
    '"u32":{"dtype":"U32","shape":[1],"data_offsets":[48,52]},"i32":{"dtype":"I32","shape":[1],"data_offsets":[52,56]},' +
    '"half":{"dtype":"F16","shape":[2],"data_offsets":[56,60]},"u16":{"dtype":"U16","shape":[1],"data_offsets":[60,62]},' +
    '"i16":{"dtype":"I16","shape":[1],"data_offsets":[62,64]},"7":{"dtype":"I8","shape":[1],"data_offsets":[64,65]},' +
    '"u8":{"dtype":"U8","shape":[1],"data_offsets":[65,66]},"a":{"dtype":"BOOL","shape":[3],"data_offsets":[66,69]}}',
  Buffer.from(
    'fffffffffffffffffbffffffffffffff9a9999999999b93f0000c03f000000c00000404000008040' +
      '0000a0400000c040fffffffffdffffff003c00c0fffffeffffff010001',
    'hex',
  ),
);

describe('writing', () => {
  test('gives the bytes that the reference implementation gives', () => {
    expect(encodeSafetensors(tensors, { format: 'pt' })).toEqual(reference);
  });

  test('gives the same bytes in whatever order the tensors come', () => {
    expect(encodeSafetensors(tensors.toReversed(), { format: 'pt' })).toEqual(reference);
  });

  test('pads the header with spaces so that the data begins at a multiple of 8', () => {
    for (let length = 1; length <= 8; length++) {
      const name = 'x'.repeat(length);
      const bytes = encodeSafetensors([{ name, type: 'U8', shape: [1], data: Uint8Array.of(7) }]);
      expect(bytes.length % 8).toBe(1);
      expect(new TextDecoder().decode(bytes.subarray(8, -1)).trimEnd()).toMatch(/^\{.*\}$/);
      expect(decodeSafetensors(bytes).tensors.get(name)?.data).toEqual(Uint8Array.of(7));
    }
  });

  test('takes only the part of a buffer that an array shows', () => {
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const bytes = encodeSafetensors([{ name: 'x', type: 'F32', shape: [2], data }]);
    expect(decodeSafetensors(bytes).tensors.get('x')?.data).toEqual(Float32Array.of(2, 3));
  });

  test('of nothing is a file too', () => {
    expect(decodeSafetensors(encodeSafetensors([]))).toEqual({ tensors: new Map(), metadata: {} });
  });

  const one: SafetensorsTensor = { name: 'w', type: 'F32', shape: [2], data: new Float32Array(2) };
  test.each<[string, SafetensorsTensor[]]>([
    ["Tensor 'w' is given twice.", [one, { ...one, type: 'I32', data: new Int32Array(2) }]],
    ["Tensor 'w' (F32, shape [2, 2]) needs 4 elements, but has 2.", [{ ...one, shape: [2, 2] }]],
    ["Tensor 'w' (F32) must come as Float32Array, but came as Float64Array.", [{ ...one, data: new Float64Array(2) }]],
    ["Tensor 'w' has the shape [-2]: each size must be an integer, 0 or more.", [{ ...one, shape: [-2] }]],
    [
      "Tensor '__metadata__' has the name that the format keeps for its metadata: give it another.",
      [{ ...one, name: '__metadata__' }],
    ],
    ["Tensor '\ud800' has half a character in its name: give it another.", [{ ...one, name: '\ud800' }]],
  ])('is refused: %s', (message, wrong) => {
    expect(() => encodeSafetensors(wrong)).toThrow(new UserError(message));
  });
});

describe('reading', () => {
  test('gives the tensors and the metadata of a file that the reference implementation wrote', () => {
    const { tensors: read, metadata } = decodeSafetensors(reference);
    expect(metadata).toEqual({ format: 'pt' });
    expect([...read.values()].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
      tensors.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
    expect([...read.keys()].slice(0, 3)).toEqual(['u64', 'count', 'é']);
  });

  test('gives views where the bytes lie right, and copies elsewhere', () => {
    const bytes = encodeSafetensors(tensors);
    for (const offset of [0, 8, 1, 3]) {
      const moved = new Uint8Array(bytes.length + offset);
      moved.set(bytes, offset);
      const read = decodeSafetensors(moved.subarray(offset)).tensors;
      expect(read.get('b.weight')?.data).toEqual(tensors[0]?.data);
      expect(read.get('b.weight')?.data.buffer === moved.buffer).toBe(offset % 8 === 0);
    }
  });

  test("keeps names that are special to JavaScript's objects", () => {
    const tensor: SafetensorsTensor = { name: '__proto__', type: 'U8', shape: [1], data: Uint8Array.of(1) };
    const metadata = Object.fromEntries([['__proto__', 'text']]);
    const read = decodeSafetensors(encodeSafetensors([tensor], metadata));
    expect([...read.tensors.values()]).toEqual([tensor]);
    expect(Object.entries(read.metadata)).toEqual([['__proto__', 'text']]);
  });

  test('takes tensors in any order of the header and spaces anywhere, as older writers left them', () => {
    const header =
      '  { "b" : {"dtype":"U8","shape":[1],"data_offsets":[1,2]}, "a":{"dtype":"U8","shape":[],"data_offsets":[0,1]} } ';
    const { tensors: read } = decodeSafetensors(file(header, [5, 6]));
    expect([...read.values()].map(({ name, data }) => [name, ...data])).toEqual([
      ['a', 5],
      ['b', 6],
    ]);
  });

  test('of any beginning of a file says that it is cut short', () => {
    for (let length = 0; length < reference.length; length++) {
      const beginning = reference.subarray(0, length);
      expect(() => decodeSafetensors(beginning, 'w.safetensors')).toThrow(UserError);
      expect(() => decodeSafetensors(beginning, 'w.safetensors')).toThrow(/^w\.safetensors is cut short/);
    }
  });

  test('of a file with any one bit changed gives a file or a UserError', () => {
    for (let index = 0; index < reference.length * 8; index++) {
      const damaged = reference.slice();
      damaged[index >> 3] = (damaged[index >> 3] ?? 0) ^ (1 << (index & 7));
      try {
        decodeSafetensors(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }
  });

  const entry = (shape: string, begin: number | string, end: number | string, type = 'F32'): string =>
    `{"dtype":"${type}","shape":[${shape}],"data_offsets":[${begin},${end}]}`;
  const eight = new Uint8Array(8);
  test.each([
    ['a name twice', file(`{"w":${entry('1', 0, 4)},"w":${entry('1', 4, 8)}}`, eight), /header has 'w' twice/],
    [
      'a name twice, once escaped',
      file(`{"w":${entry('2', 0, 8)},"\\u0077":${entry('2', 0, 8)}}`, eight),
      /header has 'w' twice/,
    ],
    ['a gap', file(`{"v":${entry('', 0, 4)},"w":${entry('', 5, 9)}}`, new Uint8Array(9)), /tensor 'w' .* leaves a gap/],
    ['a gap at the start', file(`{"w":${entry('1', 4, 8)}}`, eight), /tensor 'w' .* leaves a gap/],
    ['an overlap', file(`{"v":${entry('2', 0, 8)},"w":${entry('1', 4, 8)}}`, eight), /tensor 'w' .* overlaps/],
    ['bytes left over', file(`{"w":${entry('1', 0, 4)}}`, eight), /its last 4 bytes belong to no tensor/],
    ['offsets past the end', file(`{"w":${entry('4', 0, 16)}}`, eight), /cut short: tensor 'w' ends at byte 16 of 8/],
    [
      'offsets the wrong way round',
      file(`{"w":${entry('1', 8, 4)}}`, eight),
      /tensor 'w' begins at byte 8 and ends before it/,
    ],
    [
      'a wrong size',
      file(`{"w":${entry('3', 0, 8)}}`, eight),
      /tensor 'w' \(F32, shape \[3\]\) needs 12 bytes, but has 8/,
    ],
    [
      'a shape whose product overflows',
      file(`{"w":${entry('4294967296,4294967296,4294967296', 0, 8)}}`, eight),
      /tensor 'w'.*needs more than 2\^53 bytes, but has 8/,
    ],
    [
      'a shape whose product overflows on the way to nothing',
      file(`{"w":${entry('9007199254740991,9007199254740991,0', 0, 0)}}`),
      /tensor 'w'.*needs more than 2\^53 bytes, but has 0/,
    ],
    [
      'a shape whose product ends at 2^53, where numbers are no longer exact',
      file(`{"w":${entry('134217728,67108864', 0, 8)}}`, eight),
      /tensor 'w'.*needs more than 2\^53 bytes, but has 8/,
    ],
    ['a size of 2^53', file(`{"w":${entry('9007199254740992', 0, 8)}}`, eight), /tensor 'w' has a wrong shape\.0/],
    [
      'a size that rounds to a whole number',
      file(`{"w":${entry('9007199254740993', 0, 8)}}`, eight),
      /tensor 'w' has a wrong shape\.0/,
    ],
    [
      'an offset of 2^53',
      file(`{"w":${entry('2', 0, 9007199254740992)}}`, eight),
      /tensor 'w' has a wrong data_offsets\.1/,
    ],
    [
      'one tensor within another',
      file(`{"v":${entry('2', 0, 8)},"w":${entry('0', 4, 4)}}`, eight),
      /tensor 'w' .* overlaps/,
    ],
    ['two tensors in one place', file(`{"v":${entry('2', 0, 8)},"w":${entry('2', 0, 8)}}`, eight), /'w' .* overlaps/],
    ['three offsets', file(`{"w":${entry('2', 0, '8,8')}}`, eight), /tensor 'w' has a wrong data_offsets/],
    ['a shape that is a number', file('{"w":{"dtype":"U8","shape":8,"data_offsets":[0,8]}}', eight), /a wrong shape/],
    ['no header at all', file('', [], 0), /header is not JSON/],
    ['a negative size', file(`{"w":${entry('-2', 0, 8)}}`, eight), /tensor 'w' has a wrong shape\.0/],
    ['a fraction', file(`{"w":${entry('2.5', 0, 8)}}`, eight), /tensor 'w' has a wrong shape\.0/],
    [
      'an offset beyond numbers',
      file(`{"w":${entry('2', 0, '1e400')}}`, eight),
      /tensor 'w' has a wrong data_offsets\.1/,
    ],
    ['no offsets', file('{"w":{"dtype":"F32","shape":[2]}}', eight), /tensor 'w' has a wrong data_offsets/],
    ['an entry that is none', file('{"w":5}', eight), /tensor 'w' has a wrong entry/],
    [
      'an unknown type',
      file(`{"w":${entry('8', 0, 8, 'F8_E5M2')}}`, eight),
      /tensor 'w' of type F8_E5M2; this reads U64/,
    ],
    ['a type that is a method', file(`{"w":${entry('8', 0, 8, 'toString')}}`, eight), /of type toString/],
    ['metadata that is not text', file('{"__metadata__":{"step":5}}'), /metadata 'step' is not a text/],
    ['metadata that is no map', file('{"__metadata__":["x"]}'), /metadata is not a map/],
    ['a list', file('[]'), /not a JSON object/],
    ['a header that is not JSON', file('{"w":'), /header is not JSON/],
    ['a header that is not UTF-8', Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0x22, 0xff, 0x22), /header is not JSON/],
    [
      'a header beyond the limit',
      file('{}', [], 100_000_001),
      /not a safetensors file: its header would take 100000001 bytes/,
    ],
    [
      'a header length of eight bytes',
      new Uint8Array(16).fill(255),
      /not a safetensors file: its header would take 18446744073709551615/,
    ],
    ['a header longer than the file', file('{}', [], 99_999_999), /cut short: its header ends at byte 100000007/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(UserError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });
});
