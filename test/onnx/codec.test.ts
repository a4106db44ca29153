import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { decodeModel, encodeModel } from '../../src/onnx/codec.ts';
import { AttributeType } from '../../src/onnx/enums.ts';
import { readModelSummary } from '../../src/onnx/metadata.ts';
import type { AttributeProto, GraphProto, Int64, ModelProto, TensorProto } from '../../src/onnx/protos.ts';
import { type Field, schema } from '../../src/onnx/schema.ts';
import { tensorProto } from '../../src/onnx/tensor-proto.ts';
import { decodeMessage, encodeMessage } from '../../src/onnx/wire.ts';
import { exampleModel } from './example-model.ts';

const bytes = encodeModel(exampleModel);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** The error of `run`, which must be a UserError. */
function mistake(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a model', () => {
  test('is the same after writing and reading', () => {
    expect(decodeModel(bytes)).toEqual(exampleModel);
    expect(encodeModel(decodeModel(bytes))).toEqual(bytes);
  });

  test('is written into a buffer of its own, so that the buffer can be handed on', () => {
    expect(bytes.buffer.byteLength).toBe(bytes.byteLength);
  });

  test('is read from the middle of a Buffer, with weights that are plain views into it', () => {
    const buffer = Buffer.concat([Buffer.from('abc'), bytes]).subarray(3);
    const model = decodeModel(buffer);
    expect(model).toEqual(exampleModel);
    const rawData = model.graph.initializer?.[0]?.rawData;
    expect(rawData?.constructor).toBe(Uint8Array);
    expect(rawData?.buffer).toBe(buffer.buffer);
  });

  test("is read by protobufjs's own decoder to the same fields, given the same schema", () => {
    const type = generatedType('ModelProto');
    const message = type.toObject(type.decode(bytes), { longs: BigInt, bytes: Array });
    expect(plain(message)).toEqual(plain(exampleModel));
    expect(type.encode(type.decode(bytes)).finish()).toEqual(Buffer.from(bytes));
  });

  test('keeps fields that are newer than the schema', () => {
    const field = Uint8Array.of(0x92, 0x03, 2, 7, 7); // field 50, two bytes
    const model = decodeModel(join(bytes, field));
    expect(model.unknownFields).toEqual([field]);
    expect(encodeModel(model)).toEqual(new Uint8Array([...bytes, ...field]));
  });
});

describe('large weights', () => {
  const weight = (name: string, count: number): TensorProto =>
    tensorProto(
      name,
      'float32',
      [count],
      Float32Array.from({ length: count }, (_, index) => index / 3),
    );

  test('nested at several depths among small fields are each in their place', () => {
    const inner: GraphProto = {
      name: 'inner',
      initializer: [weight('c', 2000), weight('d', 40_000)],
      docString: 'after',
    };
    const model: ModelProto = {
      ...exampleModel,
      graph: {
        name: 'outer',
        node: [
          { opType: 'If', attribute: [{ name: 'then_branch', type: AttributeType.GRAPH, g: inner }], docString: 'x' },
        ],
        initializer: [weight('a', 1), weight('b', 1024), weight('e', 1023), weight('f', 5000)],
        docString: 'end',
      },
    };
    const encoded = encodeModel(model);
    expect(decodeModel(encoded)).toEqual(model);
    const type = generatedType('ModelProto');
    expect(Buffer.compare(type.encode(type.decode(encoded)).finish(), encoded)).toBe(0);
  });

  test('beyond what one file can have are refused before memory is taken for them', () => {
    const rawData = new Uint8Array(2 ** 30);
    const initializer = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, dims: [2 ** 30], dataType: 2, rawData }));
    expect(mistake(() => encodeModel({ ...exampleModel, graph: { name: 'g', initializer } }))).toMatch(
      /^The ModelProto takes 6\d{9} bytes, more than the 2 GiB/,
    );
  });
});

describe('integers of 64 bits', () => {
  const values: [Int64, Int64][] = [
    [0, 0],
    [-1, -1],
    [2 ** 31, 2 ** 31],
    [-(2 ** 31) - 1, -(2 ** 31) - 1],
    [2 ** 53 - 1, 2 ** 53 - 1],
    [-(2 ** 53) + 1, -(2 ** 53) + 1],
    [5n, 5],
    [2n ** 53n, 2n ** 53n],
    [-(2n ** 53n), -(2n ** 53n)],
    [2n ** 63n - 1n, 2n ** 63n - 1n],
    [-(2n ** 63n), -(2n ** 63n)],
  ];

  test.each(values)('%s is exact in an attribute, alone and in a list', (value, read) => {
    const attribute: AttributeProto = { name: 'axes', type: AttributeType.INTS, i: value, ints: [value, value] };
    const encoded = encodeMessage('AttributeProto', attribute);
    expect(decodeMessage('AttributeProto', encoded, '')).toEqual({ ...attribute, i: read, ints: [read, read] });
    const generated = generatedType('AttributeProto');
    expect(generated.toObject(generated.decode(encoded), { longs: BigInt }).i).toBe(BigInt(value));
  });

  test.each([2 ** 53, 0.5, Number.NaN, 2n ** 63n, -(2n ** 63n) - 1n, '1'])('%s is refused', (value) => {
    const attribute: AttributeProto = { name: 'axis', ...{ i: value as number } };
    expect(mistake(() => encodeMessage('AttributeProto', attribute))).toMatch(
      /^AttributeProto\.i must be an integer from/,
    );
  });

  test('an unsigned one reaches 2^64 - 1', () => {
    const tensor = { uint64Data: [0, 2n ** 64n - 1n] };
    expect(decodeMessage('TensorProto', encodeMessage('TensorProto', tensor), '')).toEqual(tensor);
    expect(mistake(() => encodeMessage('TensorProto', { uint64Data: [-1] }))).toContain('TensorProto.uint64Data');
  });

  test('a size beyond what a number holds is an error, not another size', () => {
    const huge = encodeMessage('AttributeProto', { i: 2n ** 60n });
    const dims = Uint8Array.of(8, ...huge.subarray(1)); // the same varint as field 1, TensorProto.dims
    expect(mistake(() => decodeMessage('TensorProto', dims, 'The tensor'))).toMatch(/^The tensor is damaged/);
  });
});

describe('repeated numbers', () => {
  test('are read packed or one by one, whichever the schema writes', () => {
    expect(decodeMessage('TensorProto', Uint8Array.of(10, 2, 3, 4), '')).toEqual({ dims: [3, 4] });
    expect(decodeMessage('TensorProto', Uint8Array.of(40, 3, 40, 4), '')).toEqual({ int32Data: [3, 4] });
  });

  test('negative 32-bit ones keep their sign', () => {
    const tensor = { int32Data: [-1, -(2 ** 31), 2 ** 31 - 1] };
    expect(decodeMessage('TensorProto', encodeMessage('TensorProto', tensor), '')).toEqual(tensor);
  });
});

describe("protobuf's rules", () => {
  test('a message given twice is merged, the last value of a oneof holds', () => {
    const graphs = join(encodeMessage('ModelProto', exampleModel), Uint8Array.of(0x3a, 3, 0x12, 1, 0x67)); // graph { name: "g" }
    expect(decodeModel(graphs).graph).toEqual({ ...exampleModel.graph, name: 'g' });
    expect(decodeMessage('TensorShapeProto.Dimension', Uint8Array.of(8, 5, 18, 1, 0x74), '')).toEqual({
      dimParam: 't',
    });
  });

  test('a zero or an empty text that was given is kept', () => {
    const attribute = { name: '', i: 0, f: 0, s: new Uint8Array() };
    expect(decodeMessage('AttributeProto', encodeMessage('AttributeProto', attribute), '')).toEqual(attribute);
  });
});

describe('what does not fit is refused with the name of the field', () => {
  test.each<[string, Parameters<typeof encodeModel>[0]]>([
    ['ModelProto.producerName must be well-formed text', { ...exampleModel, producerName: 'half \ud83d' }],
    ['ModelProto.irVersion must be a safe integer', { ...exampleModel, irVersion: 1e300 }],
    [
      'TensorShapeProto.Dimension.dimValue and dimParam exclude each other',
      withDimension({ dimValue: 1, dimParam: 'n' }),
    ],
  ])('%s', (message, model) => {
    expect(mistake(() => encodeModel(model))).toContain(message);
  });
});

describe('bytes that are no whole model', () => {
  test('every beginning of a model either reads or is told to be cut short', () => {
    for (let length = 0; length < bytes.length; length++) {
      const beginning = bytes.subarray(0, length);
      for (const read of [decodeModel, readModelSummary]) {
        try {
          read(beginning);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(error.message).toMatch(/is empty|is cut short/);
        }
      }
    }
  });

  test('any one byte changed either reads or is a UserError', () => {
    for (let index = 0; index < bytes.length; index++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const damaged = bytes.slice();
        damaged[index] = (damaged[index] ?? 0) ^ flip;
        for (const read of [decodeModel, readModelSummary]) {
          try {
            read(damaged);
          } catch (error) {
            if (!(error instanceof UserError)) throw error;
          }
        }
      }
    }
  });

  test.each([
    ['text', text('Four score and seven years ago'), /^a\.onnx is damaged, or not an ONNX/],
    ['JSON', text('{"model_type": "gpt2"}'), /^a\.onnx is not an ONNX model but JSON/],
    ['a web page', text('<!DOCTYPE html>'), /^a\.onnx is not an ONNX model but a web page/],
    ['a Git LFS pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:0'), /git lfs pull/],
    ['a zip archive', text('PK\u0003\u0004\u0000\u0000'), /^a\.onnx is not an ONNX model but a zip archive/],
    ['safetensors', join(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0), text('{"a":{}}')), /but a safetensors file/],
    ['nothing', new Uint8Array(), /^a\.onnx is empty/],
    ['a tensor', encodeMessage('TensorProto', { dims: [1], name: 'x', rawData: new Uint8Array(4) }), /a\.onnx is/],
    ['nested without end', nest(5000), /^a\.onnx is damaged/],
    ['text that is not UTF-8', join(bytes, Uint8Array.of(18, 2, 0xc3, 0x28)), /in the outermost message/],
  ])('%s', (_, content, message) => {
    expect(mistake(() => decodeModel(content, 'a.onnx'))).toMatch(message);
    expect(mistake(() => readModelSummary(content, 'a.onnx'))).toMatch(/^a\.onnx is/);
  });

  test('damage inside names the place', () => {
    const graph = encodeMessage('GraphProto', { node: [{ opType: 'Add' }] });
    const damaged = graph.slice();
    damaged[3] = 9; // the text's length: past the end of its node
    const model = join(Uint8Array.of(8, 8, 0x3a, damaged.length), damaged);
    expect(mistake(() => decodeModel(model))).toMatch(/^The ONNX model is damaged.* in GraphProto\.node,/);
  });
});

function withDimension(dimension: { dimValue: number; dimParam: string }): ModelProto {
  const type = { tensorType: { elemType: 1, shape: { dim: [dimension] } } };
  return { ...exampleModel, graph: { name: 'g', input: [{ name: 'x', type }] } };
}

/** A model whose graph's attributes hold graphs, `depth` deep. */
function nest(depth: number): Uint8Array {
  let graph: Uint8Array = Uint8Array.of();
  const wrap = (tag: number, content: Uint8Array): Uint8Array => {
    const writer = new protobuf.Writer().uint32(tag).bytes(content);
    return writer.finish();
  };
  for (let level = 0; level < depth; level++) graph = wrap(0x0a, wrap(0x2a, wrap(0x32, graph)));
  return join(Uint8Array.of(8, 8), wrap(0x3a, graph));
}

/** protobufjs's own implementation of a message of the schema. */
function generatedType(message: string): protobuf.Type {
  const root = new protobuf.Root();
  const types = new Map<string, protobuf.Type>();
  for (const [name, fields] of Object.entries(schema)) {
    const type = new protobuf.Type(name.replace('.', '_'));
    const groups: Record<string, string[]> = {};
    for (const [fieldName, field] of Object.entries<Field>(fields)) {
      const { number, type: kind, label, oneof } = field;
      const rule = label === 'optional' ? undefined : 'repeated';
      const typeName =
        kind === 'size'
          ? 'int64'
          : kind.includes('Type.') || /\.(AttributeType|DataLocation)$/.test(kind)
            ? 'int32'
            : kind;
      type.add(
        new protobuf.Field(fieldName, number, typeName.replace('.', '_'), rule, undefined, {
          packed: label === 'packed',
        }),
      );
      if (oneof !== undefined) groups[oneof] = [...(groups[oneof] ?? []), fieldName];
    }
    for (const [group, members] of Object.entries(groups)) type.add(new protobuf.OneOf(group, members));
    types.set(name, type);
    root.add(type);
  }
  return root.lookupType(message.replace('.', '_'));
}

/** For comparing: every integer a bigint, bytes as lists, no absent fields. */
function plain(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value) && !Object.is(value, -0)) return BigInt(value);
  if (value instanceof Uint8Array) return plain([...value]);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, plain(element)]));
  }
  return value;
}
