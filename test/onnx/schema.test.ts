import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { AttributeType, DataLocation, DataType, Version } from '../../src/onnx/enums.ts';
import { type Field, schema } from '../../src/onnx/schema.ts';
import { pythonWithOnnx } from '../support/debian.ts';

const python = pythonWithOnnx();

/** Prints what onnx 1.12 (IR 8) says of its own messages, in the schema's terms. */
const script = `
import json, onnx.onnx_ml_pb2 as onnx
from google.protobuf.descriptor import FieldDescriptor as F
scalars = {F.TYPE_FLOAT: 'float', F.TYPE_DOUBLE: 'double', F.TYPE_INT32: 'int32', F.TYPE_INT64: 'int64', F.TYPE_UINT64: 'uint64',
           F.TYPE_STRING: 'string', F.TYPE_BYTES: 'bytes'}
short = lambda full: full.split('.', 1)[1]
def field(f):
    named = f.message_type or f.enum_type
    label = 'optional' if f.label != F.LABEL_REPEATED else 'packed' if f.GetOptions().packed else 'repeated'
    return {'number': f.number, 'type': short(named.full_name) if named else scalars[f.type], 'label': label,
            'oneof': f.containing_oneof.name if f.containing_oneof else None}
messages, enums = {}, {}
def walk(message):
    messages[short(message.full_name)] = {f.name: field(f) for f in message.fields}
    for enum in message.enum_types: enums[enum.name] = {v.name: v.number for v in enum.values}
    for nested in message.nested_types: walk(nested)
for message in onnx.DESCRIPTOR.message_types_by_name.values(): walk(message)
enums['Version'] = {v.name: v.number for v in onnx.DESCRIPTOR.enum_types_by_name['Version'].values}
print(json.dumps({'messages': messages, 'enums': enums}))
`;

interface Described {
  readonly messages: Record<
    string,
    Record<string, { number: number; type: string; label: string; oneof: string | null }>
  >;
  readonly enums: Record<string, Record<string, number>>;
}

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const fieldsOf = (message: string): Record<string, Field> => ({
  ...Object.entries(schema).find(([name]) => name === message)?.[1],
});

describe.skipIf(python === undefined)("Debian's onnx 1.12", () => {
  const described: Described = JSON.parse(execFileSync(python ?? '', ['-c', script], { encoding: 'utf8' }));

  test.each(Object.entries(described.messages))('has the fields of %s as the schema has them', (message, fields) => {
    const ours = fieldsOf(message);
    for (const [name, { number, type, label, oneof }] of Object.entries(fields)) {
      const field = ours[camelCase(name)];
      expect({ ...field, type: field?.type === 'size' ? 'int64' : field?.type, name }).toEqual({
        ...(oneof !== null && { oneof }),
        number,
        type,
        label,
        name,
      });
    }
  });

  test('has the same numbers in its enumerations', () => {
    // Python's newest version goes by the name IR_VERSION, and its oldest is a marker.
    const { _START_VERSION, IR_VERSION, ...versions } = described.enums.Version ?? {};
    expect(IR_VERSION).toBe(Version.IR_VERSION_2021_7_30);
    expect(Version).toMatchObject(versions);
    expect(AttributeType).toMatchObject(described.enums.AttributeType ?? { missing: true });
    expect(DataType).toMatchObject(described.enums.DataType ?? { missing: true });
    expect(DataLocation).toMatchObject(described.enums.DataLocation ?? { missing: true });
  });
});

test('no message gives one number to two fields', () => {
  for (const message of Object.keys(schema)) {
    const numbers = Object.values(fieldsOf(message)).map(({ number }) => number);
    expect(new Set(numbers).size, message).toBe(numbers.length);
  }
});
