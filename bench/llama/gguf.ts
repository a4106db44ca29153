/** A value of a GGUF file's metadata, with the type that it is written as. */
export type GgufValue =
  | { readonly type: 'uint32' | 'float32'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] };

/** A float32 tensor. */
export interface GgufTensor {
  readonly name: string;
  /** As in ONNX and PyTorch, the last axis being the one whose elements lie side by side. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface GgufFile {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly GgufTensor[];
}

const magic = 'GGUF';
const version = 3;

/** The numbers of the value types (9 is an array's), and of float32 among the tensor types. */
const valueTypes: Readonly<Record<GgufValue['type'], number>> = { uint32: 4, float32: 6, string: 8, strings: 9 };
const float32Tensor = 0;

/** Every tensor starts at a multiple of so many bytes, counted from where the first one starts: the format's default. */
const alignment = 32;

/**
 * A GGUF file of float32 tensors, version 3 of the format (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): header,
 * metadata, a description of each tensor, then their data. All numbers are little-endian.
 */
export function encodeGguf({ metadata, tensors }: GgufFile): Uint8Array {
  const entries = Object.entries(metadata);
  const head: Buffer[] = [Buffer.from(magic), uint32(version), uint64(tensors.length), uint64(entries.length)];
  for (const [key, value] of entries) head.push(text(key), uint32(valueTypes[value.type]), valueBytes(value));
  let offset = 0;
  const data: Buffer[] = [];
  for (const tensor of tensors) {
    // The format counts axes the other way round: first the one whose elements lie side by side.
    const lengths = [...tensor.shape].reverse().map(uint64);
    head.push(text(tensor.name), uint32(lengths.length), ...lengths, uint32(float32Tensor), uint64(offset));
    const bytes = Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
    data.push(bytes, padding(bytes.length));
    offset += aligned(bytes.length);
  }
  const start = Buffer.concat(head);
  return Buffer.concat([start, padding(start.length), ...data]);
}

function valueBytes(value: GgufValue): Buffer {
  if (value.type === 'strings') {
    return Buffer.concat([uint32(valueTypes.string), uint64(value.value.length), ...value.value.map(text)]);
  }
  if (value.type === 'string') return text(value.value);
  return value.type === 'uint32' ? uint32(value.value) : float32(value.value);
}

function text(characters: string): Buffer {
  const bytes = Buffer.from(characters);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function aligned(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}

function padding(length: number): Buffer {
  return Buffer.alloc(aligned(length) - length);
}
