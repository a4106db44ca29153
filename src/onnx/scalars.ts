import type { Reader, Writer } from 'protobufjs/minimal.js';
import { UserError } from '../errors.ts';
import type { Int64 } from './protos.ts';
import type { ScalarType } from './schema.ts';

/** How one kind of value is read and written. */
export interface Scalar {
  /** Protobuf's wire type: 0 varint, 1 eight bytes, 2 bytes with their length, 5 four bytes. */
  readonly wireType: 0 | 1 | 2 | 5;
  /** @throws Error when the bytes hold no such value. */
  read(reader: Reader): unknown;
  /** @throws UserError naming `where` when the value is not of this kind. */
  write(writer: Writer, value: unknown, where: string): void;
}

function refuse(where: string, expected: string, value: unknown): never {
  const found = typeof value === 'string' ? JSON.stringify(value) : String(value);
  throw new UserError(`${where} must be ${expected}, but is ${found}.`);
}

/** The 64 bits of a varint as an unsigned integer in two parts: value = low + high · 2^49. Both are exact in a number. */
function readVarint(reader: Reader): { low: number; high: number } {
  let low = 0;
  let high = 0;
  for (let index = 0; index < 10; index++) {
    const byte = reader.pos < reader.len ? reader.buf[reader.pos++] : undefined;
    if (byte === undefined) throw new RangeError('a number goes on past the end');
    if (index < 7) low += (byte & 127) * 2 ** (7 * index);
    else high += (byte & 127) * 2 ** (7 * (index - 7));
    if (byte < 128) return { low, high };
  }
  throw new Error('a number of more than ten bytes');
}

function exact(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function readInt64(reader: Reader, as: (bits: 64, value: bigint) => bigint): Int64 {
  const { low, high } = readVarint(reader);
  return high < 16 ? low + high * 2 ** 49 : exact(as(64, BigInt(low) + (BigInt(high) << 49n)));
}

function writeInt64(writer: Writer, value: unknown, where: string, minimum: bigint, maximum: bigint): void {
  const within = typeof value === 'bigint' && value >= minimum && value <= maximum;
  if (!within && !(Number.isSafeInteger(value) && Number(value) >= minimum)) {
    refuse(where, `an integer from ${minimum} to ${maximum}, a bigint beyond 2^53 - 1`, value);
  }
  const number = Number(value);
  if (Number.isSafeInteger(number)) {
    writer.int64(number);
    return;
  }
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value as bigint));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  writer.raw(Uint8Array.from(bytes));
}

const int32: Scalar = {
  wireType: 0,
  read: (reader) => reader.int32(),
  write: (writer, value, where) => {
    if (typeof value !== 'number' || (value | 0) !== value) refuse(where, 'an integer of 32 bits', value);
    writer.int32(value);
  },
};

function floating(wireType: 1 | 5, kind: 'double' | 'float'): Scalar {
  return {
    wireType,
    read: (reader) => reader[kind](),
    write: (writer, value, where) => {
      if (typeof value !== 'number') refuse(where, 'a number', value);
      writer[kind](value);
    },
  };
}

/** The rule for each scalar type of the schema. */
export const scalars: { readonly [Name in ScalarType]: Scalar } = {
  float: floating(5, 'float'),
  double: floating(1, 'double'),
  int32,
  'AttributeProto.AttributeType': int32,
  'TensorProto.DataLocation': int32,
  int64: {
    wireType: 0,
    read: (reader) => readInt64(reader, BigInt.asIntN),
    write: (writer, value, where) => writeInt64(writer, value, where, -(2n ** 63n), 2n ** 63n - 1n),
  },
  uint64: {
    wireType: 0,
    read: (reader) => readInt64(reader, BigInt.asUintN),
    write: (writer, value, where) => writeInt64(writer, value, where, 0n, 2n ** 64n - 1n),
  },
  size: {
    wireType: 0,
    read: (reader) => {
      const value = readInt64(reader, BigInt.asIntN);
      if (typeof value === 'bigint') throw new Error(`a size or version of ${value}`);
      return value;
    },
    write: (writer, value, where) => {
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) refuse(where, 'a safe integer', value);
      writer.int64(value);
    },
  },
  string: {
    wireType: 2,
    read: (reader) => reader.stringVerify(),
    write: (writer, value, where) => {
      // Half of a surrogate pair has no UTF-8, and other readers would refuse the whole file.
      if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) refuse(where, 'well-formed text', value);
      writer.string(value);
    },
  },
  bytes: {
    wireType: 2,
    read: (reader) => reader.bytes(),
    write: (writer, value, where) => {
      if (!(value instanceof Uint8Array)) refuse(where, 'a Uint8Array', value);
      writer.bytes(value);
    },
  },
};
