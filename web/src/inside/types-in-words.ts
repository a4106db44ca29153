import { elementTypeName } from './element-types.ts';
import type { TypeMessage } from './messages.ts';

type Shape = NonNullable<TypeMessage['tensorType']>['shape'];

/** `float32 (batch, time, 128)`: what a file declares of a value; `unknown` where it says nothing. */
export function typeInWords(type: TypeMessage | undefined): string {
  const { tensorType, sparseTensorType, sequenceType, mapType, optionalType, opaqueType } = type ?? {};
  if (sequenceType !== undefined) return `sequence of ${typeInWords(sequenceType.elemType)}`;
  if (optionalType !== undefined) return `optional ${typeInWords(optionalType.elemType)}`;
  if (mapType !== undefined) return `map from ${elementTypeName(mapType.keyType)} to ${typeInWords(mapType.valueType)}`;
  if (opaqueType !== undefined) return `opaque ${[opaqueType.domain, opaqueType.name].filter(Boolean).join('.')}`;
  if (sparseTensorType !== undefined) return `sparse ${tensorInWords(sparseTensorType)}`;
  return tensorType === undefined ? 'unknown' : tensorInWords(tensorType);
}

function tensorInWords({ elemType, shape }: NonNullable<TypeMessage['tensorType']>): string {
  const name = elementTypeName(elemType);
  return shape === undefined ? name : `${name} ${sizesInWords(sizesOf(shape))}`;
}

/** `(batch, 3, ?)`; `()` for a scalar. */
export function sizesInWords(sizes: readonly (number | string)[]): string {
  return `(${sizes.join(', ')})`;
}

function sizesOf({ dim = [] }: NonNullable<Shape>): readonly (number | string)[] {
  return dim.map(({ dimValue, dimParam = '' }) => dimValue ?? (dimParam === '' ? '?' : dimParam));
}
