import { Reader } from 'protobufjs/minimal.js';
import { UserError } from '../errors.ts';
import { Output } from './output.ts';
import type { MessageName, Messages } from './protos.ts';
import { type Scalar, scalars } from './scalars.ts';
import { type Field, type ScalarType, schema } from './schema.ts';

/**
 * Reading and writing of messages by walking the schema's tables. It is our own walk over protobufjs's reader and writer rather than
 * its generated code, because that code needs `eval` (which a page's content security policy may forbid) and `long` for integers.
 */

/** Deeper nesting than this (protobuf's own limit) is taken for damage, before it can overflow the stack. */
const maximumDepth = 100;
/** Protobuf's limit for one file. */
const maximumBytes = 2 ** 31 - 1;

/** Which fields to read, by name: `true` for all of a field, or a selection among the fields of a message. */
export interface Selection {
  readonly [field: string]: true | Selection;
}

interface Rule extends Field {
  readonly name: string;
  /** For messages: 'NodeProto.opType'. */
  readonly where: string;
  readonly scalar: Scalar | undefined;
  readonly message: MessageName | undefined;
  readonly rivals: readonly string[];
}

interface Layout {
  readonly byNumber: ReadonlyMap<number, Rule>;
  readonly inOrder: readonly Rule[];
}

function isScalar(type: ScalarType | MessageName): type is ScalarType {
  return Object.hasOwn(scalars, type);
}

function layOut(message: string, fields: Readonly<Record<string, Field>>): Layout {
  const all = Object.entries(fields);
  const inOrder = all
    .map(([name, field]): Rule => {
      const { type, oneof } = field;
      const rivals = all.filter(
        ([other, { oneof: group }]) => group !== undefined && group === oneof && other !== name,
      );
      return {
        ...field,
        name,
        where: `${message}.${name}`,
        scalar: isScalar(type) ? scalars[type] : undefined,
        message: isScalar(type) ? undefined : type,
        rivals: rivals.map(([other]) => other),
      };
    })
    .sort((a, b) => a.number - b.number);
  return { inOrder, byNumber: new Map(inOrder.map((rule) => [rule.number, rule])) };
}

const layouts: ReadonlyMap<string, Layout> = new Map(
  Object.entries(schema).map(([message, fields]) => [message, layOut(message, fields)]),
);

function layoutOf(message: MessageName): Layout {
  const layout = layouts.get(message);
  if (layout === undefined) throw new UserError(`There is no ONNX message called ${message}.`);
  return layout;
}

/**
 * Writes a message: fields by ascending number, as protobuf's own writers do.
 * @throws UserError naming the field when a value does not fit its type, two fields of a oneof are there, or the file passes 2 GiB.
 */
export function encodeMessage<Name extends MessageName>(name: Name, message: Messages[Name]): Uint8Array<ArrayBuffer> {
  const output = new Output();
  writeMessage(output, layoutOf(name), message, name);
  if (output.length > maximumBytes) {
    throw new UserError(
      `The ${name} takes ${output.length} bytes, more than the 2 GiB an ONNX file can have: keep weights as external data.`,
    );
  }
  return output.finish();
}

function writeMessage(output: Output, layout: Layout, message: unknown, where: string): void {
  if (typeof message !== 'object' || message === null) throw new UserError(`${where} must be an object.`);
  for (const rule of layout.inOrder) {
    const value: unknown = Reflect.get(message, rule.name);
    if (value === undefined) continue;
    const rival = rule.rivals.find((other) => Reflect.get(message, other) !== undefined);
    if (rival !== undefined) throw new UserError(`${rule.where} and ${rival} exclude each other: give one of them.`);
    if (rule.label === 'optional') writeValue(output, rule, value);
    else if (!Array.isArray(value)) throw new UserError(`${rule.where} must be an array.`);
    else if (rule.label === 'packed') writePacked(output, rule, value);
    else for (const element of value) writeValue(output, rule, element);
  }
  const unknownFields: unknown = Reflect.get(message, 'unknownFields');
  if (Array.isArray(unknownFields))
    for (const field of unknownFields) if (field instanceof Uint8Array) output.writer.raw(field);
}

function writeValue(output: Output, { number, type, scalar, message, where }: Rule, value: unknown): void {
  output.writer.uint32(number * 8 + (scalar?.wireType ?? 2));
  if (type === 'bytes' && value instanceof Uint8Array) output.bytes(value);
  else if (scalar !== undefined) scalar.write(output.writer, value, where);
  else if (message !== undefined) output.nested(() => writeMessage(output, layoutOf(message), value, where));
}

function writePacked(output: Output, { number, scalar, where }: Rule, values: readonly unknown[]): void {
  if (values.length === 0) return;
  output.writer.uint32(number * 8 + 2);
  output.nested(() => {
    for (const value of values) scalar?.write(output.writer, value, where);
  });
}

interface Reading {
  readonly reader: Reader;
  /** The fields that lead to where the reader is. */
  readonly path: Rule[];
}

/**
 * Reads a message. Byte fields are views into `bytes`; nothing is copied.
 * @param source what to call the bytes in an error, as the start of a sentence: 'The ONNX model', 'model.onnx'
 * @param only the fields to read; all others are passed over unread
 * @throws UserError saying where the bytes are cut short or damaged.
 */
export function decodeMessage<Name extends MessageName>(
  name: Name,
  bytes: Uint8Array,
  source: string,
  only?: Selection,
): Partial<Messages[Name]> {
  // A plain view, so that Node's Buffer does not leak into the result.
  const reading: Reading = {
    reader: new Reader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)),
    path: [],
  };
  const message: Record<string, unknown> = {};
  try {
    readMessage(reading, layoutOf(name), message, only);
  } catch (error) {
    throw explain(error, reading, source, bytes.length);
  }
  return message as Partial<Messages[Name]>;
}

function explain(error: unknown, { reader, path }: Reading, source: string, length: number): UserError {
  if (error instanceof UserError) return error;
  if (error instanceof RangeError && path.length === 0) {
    return new UserError(
      `${source} is cut short: it ends after ${length} bytes, inside a field. Get the whole file again.`,
      {
        cause: error,
      },
    );
  }
  const where = path.at(-1)?.where ?? 'the outermost message';
  return new UserError(
    `${source} is damaged, or not an ONNX file: near byte ${reader.pos}, in ${where}, its bytes make no sense. Get it again.`,
    { cause: error },
  );
}

/** Reads fields up to `reader.len` into `target`. */
function readMessage(reading: Reading, layout: Layout, target: Record<string, unknown>, only?: Selection): void {
  const { reader, path } = reading;
  if (path.length > maximumDepth) throw new Error('messages nested too deep');
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.tag();
    const wireType = tag & 7;
    const rule = layout.byNumber.get(tag >>> 3);
    if (rule === undefined || (only !== undefined && only[rule.name] === undefined)) {
      reader.skipType(wireType, 0, tag >>> 3);
      if (only === undefined) append(target, 'unknownFields', reader.raw(start, reader.pos));
    } else if (rule.message !== undefined) {
      if (wireType !== 2) throw new Error(`wire type ${wireType} for a message`);
      const below = only?.[rule.name];
      readNested(reading, rule, rule.message, target, below === true ? undefined : below);
    } else {
      readScalars(reading, rule, wireType, target);
    }
  }
}

function readNested(
  reading: Reading,
  rule: Rule,
  message: MessageName,
  target: Record<string, unknown>,
  only: Selection | undefined,
): void {
  const { reader, path } = reading;
  const outerEnd = reader.len;
  const end = reader.size() + reader.pos;
  if (end > outerEnd) throw new RangeError('a message goes on past the end');
  // Protobuf's rule for a single message that comes twice: the second is merged into the first.
  const before = rule.label === 'optional' ? target[rule.name] : undefined;
  const nested = isFields(before) ? before : {};
  path.push(rule);
  reader.len = end;
  readMessage(reading, layoutOf(message), nested, only);
  reader.len = outerEnd;
  path.pop();
  if (rule.label === 'optional') assign(target, rule, nested);
  else append(target, rule.name, nested);
}

function readScalars({ reader, path }: Reading, rule: Rule, wireType: number, target: Record<string, unknown>): void {
  const { scalar, label, name } = rule;
  if (scalar === undefined) return;
  if (wireType === scalar.wireType) {
    if (label === 'optional') assign(target, rule, scalar.read(reader));
    else append(target, name, scalar.read(reader));
  } else if (wireType === 2 && label !== 'optional') {
    // Readers take repeated numbers in either form, whichever the schema writes.
    const outerEnd = reader.len;
    const end = reader.size() + reader.pos;
    if (end > outerEnd) throw new RangeError('a list goes on past the end');
    path.push(rule);
    reader.len = end;
    while (reader.pos < end) append(target, name, scalar.read(reader));
    reader.len = outerEnd;
    path.pop();
  } else {
    throw new Error(`wire type ${wireType} for a ${rule.type}`);
  }
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function assign(target: Record<string, unknown>, { name, rivals }: Rule, value: unknown): void {
  for (const rival of rivals) delete target[rival];
  target[name] = value;
}

function append(target: Record<string, unknown>, name: string, value: unknown): void {
  const list = target[name];
  if (Array.isArray(list)) list.push(value);
  else target[name] = [value];
}
