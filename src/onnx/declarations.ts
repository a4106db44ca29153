import { dataTypes } from './data-types.ts';
import type { TensorShapeProto, TypeProto, ValueInfoProto } from './protos.ts';

/** A size of a shape: a number, a symbol, or null where a file says neither. */
export type DeclaredSize = number | string | null;

/** What a file says of a value that goes into or comes out of a graph. */
export interface Declaration {
  readonly name: string;
  /** `float32` for a tensor; other kinds in words: `sequence of float32 [n]`, `map from int64 to float32 []`. */
  readonly type: string;
  /** A tensor's shape; absent where the file says none, and for what is no tensor. */
  readonly shape?: readonly DeclaredSize[];
}

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(dataTypes).map(([name, { number }]) => [number, name]),
);

/** Our name for an element type; one that is newer than this list is told by its number. */
export function elementTypeName(number = 0): string {
  return names.get(number) ?? (number === 0 ? 'unknown' : `type ${number}`);
}

/** What a file declares of a value. */
export function declarationOf({ name = '', type = {} }: ValueInfoProto): Declaration {
  const { tensorType } = type;
  if (tensorType === undefined) return { name, type: typeInWords(type) };
  const shape = shapeOf(tensorType.shape);
  return { name, type: elementTypeName(tensorType.elemType), ...(shape === undefined ? {} : { shape }) };
}

/** `float32 [batch, 3, ?]`; without its shape where there is none. */
export function formatDeclaration({ type, shape }: Omit<Declaration, 'name'>): string {
  return shape === undefined ? type : `${type} ${formatSizes(shape)}`;
}

/** `[batch, 3, ?]` */
export function formatSizes(shape: readonly DeclaredSize[]): string {
  return `[${shape.map((size) => size ?? '?').join(', ')}]`;
}

function shapeOf(shape: TensorShapeProto | undefined): readonly DeclaredSize[] | undefined {
  return shape === undefined
    ? undefined
    : (shape.dim ?? []).map(({ dimValue, dimParam = '' }) => dimValue ?? (dimParam === '' ? null : dimParam));
}

function typeInWords(type: TypeProto | undefined): string {
  const { tensorType, sequenceType, mapType, optionalType, sparseTensorType, opaqueType } = type ?? {};
  if (sequenceType !== undefined) return `sequence of ${typeInWords(sequenceType.elemType)}`;
  if (optionalType !== undefined) return `optional ${typeInWords(optionalType.elemType)}`;
  if (mapType !== undefined) return `map from ${elementTypeName(mapType.keyType)} to ${typeInWords(mapType.valueType)}`;
  if (opaqueType !== undefined) return `opaque ${[opaqueType.domain, opaqueType.name].filter(Boolean).join('.')}`;
  const tensor = tensorType ?? sparseTensorType;
  if (tensor === undefined) return 'unknown';
  const shape = shapeOf(tensor.shape);
  const words = formatDeclaration({
    type: elementTypeName(tensor.elemType),
    ...(shape === undefined ? {} : { shape }),
  });
  return sparseTensorType === undefined ? words : `sparse ${words}`;
}
