import protobuf from 'protobufjs/light.js';

/** What an event tells, one of these. */
export interface Event {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step?: number;
  /** The first event of a file. */
  readonly fileVersion?: string;
  readonly sessionLog?: { readonly status: number };
  readonly summary?: { readonly value: readonly SummaryValue[] };
}

/** A number or a text under a tag. */
export interface SummaryValue {
  readonly tag: string;
  readonly metadata?: { readonly pluginData: { readonly pluginName: string }; readonly dataClass?: number };
  readonly simpleValue?: number;
  readonly tensor?: TensorProto;
}

interface TensorProto {
  /** 7 is DT_STRING. */
  readonly dtype: number;
  readonly tensorShape: { readonly dim: readonly { readonly size: number }[] };
  readonly stringVal: readonly Uint8Array[];
}

/** Field numbers, as TensorFlow's event.proto, summary.proto, tensor.proto and tensor_shape.proto have them. */
const root = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: { type: 'double', id: 1 },
        step: { type: 'int64', id: 2 },
        fileVersion: { type: 'string', id: 3 },
        summary: { type: 'Summary', id: 5 },
        sessionLog: { type: 'SessionLog', id: 7 },
      },
      oneofs: { what: { oneof: ['fileVersion', 'summary', 'sessionLog'] } },
    },
    SessionLog: { fields: { status: { type: 'int32', id: 1 } } },
    Summary: { fields: { value: { rule: 'repeated', type: 'SummaryValue', id: 1 } } },
    SummaryValue: {
      fields: {
        tag: { type: 'string', id: 1 },
        simpleValue: { type: 'float', id: 2 },
        tensor: { type: 'TensorProto', id: 8 },
        metadata: { type: 'SummaryMetadata', id: 9 },
      },
      oneofs: { value: { oneof: ['simpleValue', 'tensor'] } },
    },
    SummaryMetadata: {
      fields: { pluginData: { type: 'PluginData', id: 1 }, dataClass: { type: 'int32', id: 4 } },
    },
    PluginData: { fields: { pluginName: { type: 'string', id: 1 } } },
    TensorProto: {
      fields: {
        dtype: { type: 'int32', id: 1 },
        tensorShape: { type: 'TensorShapeProto', id: 2 },
        stringVal: { rule: 'repeated', type: 'bytes', id: 8 },
      },
    },
    TensorShapeProto: { fields: { dim: { rule: 'repeated', type: 'Dim', id: 2 } } },
    Dim: { fields: { size: { type: 'int64', id: 1 } } },
  },
});

const type = root.lookupType('Event');

/** The bytes of an event. */
export function encodeEvent(event: Event): Uint8Array {
  return type.encode(type.fromObject(event)).finish();
}

/** SessionLog.START: what a session before this one has told of this step and later ones is no longer true. */
export const sessionStart = 1;

/**
 * A number, as simple_value rather than as a tensor with the metadata of the scalars plugin: every version of TensorBoard and every
 * other reader takes it, it takes less room, and TensorBoard gives it that same metadata itself when it loads it.
 */
export function scalarValue(tag: string, number: number): SummaryValue {
  return { tag, simpleValue: number };
}

const DT_STRING = 7;
const DATA_CLASS_TENSOR = 2;

/** A text for TensorBoard's text page, which takes it for Markdown: as a block of code it stays as it is. */
export function textValue(tag: string, text: string): SummaryValue {
  const block = text
    .split(/\r\n?|\n/)
    .map((line) => `    ${line}`)
    .join('\n');
  return {
    tag,
    metadata: { pluginData: { pluginName: 'text' }, dataClass: DATA_CLASS_TENSOR },
    tensor: { dtype: DT_STRING, tensorShape: { dim: [] }, stringVal: [new TextEncoder().encode(block)] },
  };
}
