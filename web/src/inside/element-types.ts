/** How the elements of a tensor are stored and what they are called, by the standard's number for the type. */
export interface ElementType {
  readonly name: string;
  /** Size of one; 0 where it has none of its own, as a string. */
  readonly bits: number;
  /** Where a tensor keeps them that has no raw bytes. */
  readonly field: 'floatData' | 'doubleData' | 'int32Data' | 'int64Data' | 'uint64Data' | 'stringData';
  /** Bytes as numbers; absent for what is no number. */
  readonly numbers?: (bytes: Uint8Array<ArrayBuffer>, elements: number) => Numbers;
}

/** Numbers in some array. */
export interface Numbers {
  readonly length: number;
  readonly [index: number]: number | bigint;
}

interface ArrayKind {
  new (buffer: ArrayBuffer): Numbers;
}

/** A type that JavaScript has an array for. */
const plain =
  (array: ArrayKind) =>
  (bytes: Uint8Array<ArrayBuffer>): Numbers =>
    // A copy: the bytes lie anywhere in their file, and an array begins at a multiple of its element's size.
    new array(bytes.slice().buffer);

/** A float of few bits: what its bits are worth is looked up. */
const small =
  (bits: 4 | 8 | 16, layout: FloatLayout) =>
  (bytes: Uint8Array<ArrayBuffer>, elements: number): Numbers => {
    const worth = worthOf(bits, layout);
    const codes =
      bits === 16 ? new Uint16Array(bytes.slice().buffer) : bits === 8 ? bytes : unpacked(bytes, elements, bits);
    const numbers = new Float32Array(codes.length);
    for (let index = 0; index < codes.length; index += 1) numbers[index] = worth[codes[index] ?? 0] ?? 0;
    return numbers;
  };

/** Integers below a byte: packed in order, the first in the lowest bits. */
const packed =
  (bits: 2 | 4, signed: boolean) =>
  (bytes: Uint8Array<ArrayBuffer>, elements: number): Numbers => {
    const numbers = Int8Array.from(unpacked(bytes, elements, bits));
    if (!signed) return numbers;
    const half = 2 ** (bits - 1);
    return numbers.map((value) => (value >= half ? value - 2 * half : value));
  };

function unpacked(bytes: Uint8Array, elements: number, bits: 2 | 4): Uint8Array {
  const perByte = 8 / bits;
  const codes = new Uint8Array(elements);
  for (let index = 0; index < elements; index += 1) {
    codes[index] = ((bytes[Math.floor(index / perByte)] ?? 0) >> ((index % perByte) * bits)) & (2 ** bits - 1);
  }
  return codes;
}

interface FloatLayout {
  readonly exponent: number;
  readonly mantissa: number;
  readonly bias: number;
  /** What the codes at the end stand for: infinities and NaN as in IEEE 754, NaN only where all bits are set, or the code of −0 as NaN. */
  readonly special: 'ieee' | 'last' | 'negative zero' | 'none';
  /** Without a sign (the scales of float8e8m0). */
  readonly unsigned?: boolean;
}

const tables = new Map<FloatLayout, Float32Array>();

/** What each code of a float is worth. */
function worthOf(bits: number, layout: FloatLayout): Float32Array {
  const known = tables.get(layout);
  if (known !== undefined) return known;
  const table = Float32Array.from({ length: 2 ** bits }, (_, code) => worth(code, layout));
  tables.set(layout, table);
  return table;
}

function worth(code: number, { exponent, mantissa, bias, special, unsigned = false }: FloatLayout): number {
  const magnitude = code & (2 ** (exponent + mantissa) - 1);
  const sign = !unsigned && code !== magnitude ? -1 : 1;
  const power = magnitude >> mantissa;
  const fraction = (magnitude & (2 ** mantissa - 1)) / 2 ** mantissa;
  const highest = power === 2 ** exponent - 1;
  if (special === 'ieee' && highest) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (special === 'last' && magnitude === 2 ** (exponent + mantissa) - 1) return Number.NaN;
  if (special === 'negative zero' && sign < 0 && magnitude === 0) return Number.NaN;
  if (power === 0 && !unsigned) return sign * fraction * 2 ** (1 - bias);
  return sign * (1 + fraction) * 2 ** (power - bias);
}

const layouts = {
  float16: { exponent: 5, mantissa: 10, bias: 15, special: 'ieee' },
  bfloat16: { exponent: 8, mantissa: 7, bias: 127, special: 'ieee' },
  e4m3fn: { exponent: 4, mantissa: 3, bias: 7, special: 'last' },
  e4m3fnuz: { exponent: 4, mantissa: 3, bias: 8, special: 'negative zero' },
  e5m2: { exponent: 5, mantissa: 2, bias: 15, special: 'ieee' },
  e5m2fnuz: { exponent: 5, mantissa: 2, bias: 16, special: 'negative zero' },
  e8m0: { exponent: 8, mantissa: 0, bias: 127, special: 'last', unsigned: true },
  e2m1: { exponent: 2, mantissa: 1, bias: 1, special: 'none' },
} as const satisfies Readonly<Record<string, FloatLayout>>;

/** ONNX's element types up to those of IR 13 (TensorProto.DataType of onnx.proto). */
const elementTypes: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [1, { name: 'float32', bits: 32, field: 'floatData', numbers: plain(Float32Array) }],
  [2, { name: 'uint8', bits: 8, field: 'int32Data', numbers: plain(Uint8Array) }],
  [3, { name: 'int8', bits: 8, field: 'int32Data', numbers: plain(Int8Array) }],
  [4, { name: 'uint16', bits: 16, field: 'int32Data', numbers: plain(Uint16Array) }],
  [5, { name: 'int16', bits: 16, field: 'int32Data', numbers: plain(Int16Array) }],
  [6, { name: 'int32', bits: 32, field: 'int32Data', numbers: plain(Int32Array) }],
  [7, { name: 'int64', bits: 64, field: 'int64Data', numbers: plain(BigInt64Array) }],
  [8, { name: 'string', bits: 0, field: 'stringData' }],
  [9, { name: 'bool', bits: 8, field: 'int32Data', numbers: plain(Uint8Array) }],
  [10, { name: 'float16', bits: 16, field: 'int32Data', numbers: small(16, layouts.float16) }],
  [11, { name: 'float64', bits: 64, field: 'doubleData', numbers: plain(Float64Array) }],
  [12, { name: 'uint32', bits: 32, field: 'uint64Data', numbers: plain(Uint32Array) }],
  [13, { name: 'uint64', bits: 64, field: 'uint64Data', numbers: plain(BigUint64Array) }],
  [14, { name: 'complex64', bits: 64, field: 'floatData' }],
  [15, { name: 'complex128', bits: 128, field: 'doubleData' }],
  [16, { name: 'bfloat16', bits: 16, field: 'int32Data', numbers: small(16, layouts.bfloat16) }],
  [17, { name: 'float8e4m3fn', bits: 8, field: 'int32Data', numbers: small(8, layouts.e4m3fn) }],
  [18, { name: 'float8e4m3fnuz', bits: 8, field: 'int32Data', numbers: small(8, layouts.e4m3fnuz) }],
  [19, { name: 'float8e5m2', bits: 8, field: 'int32Data', numbers: small(8, layouts.e5m2) }],
  [20, { name: 'float8e5m2fnuz', bits: 8, field: 'int32Data', numbers: small(8, layouts.e5m2fnuz) }],
  [21, { name: 'uint4', bits: 4, field: 'int32Data', numbers: packed(4, false) }],
  [22, { name: 'int4', bits: 4, field: 'int32Data', numbers: packed(4, true) }],
  [23, { name: 'float4e2m1', bits: 4, field: 'int32Data', numbers: small(4, layouts.e2m1) }],
  [24, { name: 'float8e8m0', bits: 8, field: 'int32Data', numbers: small(8, layouts.e8m0) }],
  [25, { name: 'uint2', bits: 2, field: 'int32Data', numbers: packed(2, false) }],
  [26, { name: 'int2', bits: 2, field: 'int32Data', numbers: packed(2, true) }],
]);

/** The type of a number; undefined for one that is newer. */
export function elementType(number = 0): ElementType | undefined {
  return elementTypes.get(number);
}

/** The name of a type; one that is newer is told by its number. */
export function elementTypeName(number = 0): string {
  return elementTypes.get(number)?.name ?? (number === 0 ? 'unknown' : `type ${number}`);
}
