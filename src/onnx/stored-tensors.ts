import { dataTypes, isDataTypeName } from './data-types.ts';
import { elementTypeName, formatSizes } from './declarations.ts';
import { DataLocation, DataType } from './enums.ts';
import type { SparseTensorProto, TensorProto } from './protos.ts';

/** Where another file has a tensor's bytes. */
export interface ExternalPlace {
  /** The file's path, relative to the model's folder. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A tensor whose numbers are stored in a model, or in a file beside it. */
export interface StoredTensor {
  readonly name: string;
  /** The graph that it is stored in: empty for the model's own, else the path of nodes that leads to a body, or a function's name. */
  readonly scope: string;
  /** Our name for the element type, `type 99` for one that is newer, `sparse float32` for a sparse tensor. */
  readonly type: string;
  readonly shape: readonly number[];
  /** How many numbers are stored; of a sparse tensor those other than zero. */
  readonly elements: number;
  readonly bytes: number;
  /** See `isParameter`. */
  readonly role: 'parameter' | 'constant';
  readonly external?: ExternalPlace;
  /** As the file has it; absent for a sparse tensor. */
  readonly tensor?: TensorProto;
}

/** Element types in which shapes, axes, indices and conditions come. */
const constantTypes: ReadonlySet<number> = new Set([DataType.INT64, DataType.BOOL, DataType.STRING]);

/**
 * Whether a stored tensor is taken for a parameter. A file does not say so: what has one element, and what holds shapes, axes, indices
 * and conditions (int64, bool, string), is taken for a constant. For a file of ours in float32 that is exact.
 */
function isParameter(type: number, shape: readonly number[]): boolean {
  return !constantTypes.has(type) && product(shape) > 1;
}

/** How many elements a shape has. */
function product(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}

/** @param problems takes a sentence for everything that is not as it must be */
export function storedTensor(tensor: TensorProto, name: string, scope: string, problems: string[]): StoredTensor {
  const { dims: shape = [], dataType = 0 } = tensor;
  const type = elementTypeName(dataType);
  const elements = product(shape);
  if (shape.some((size) => size < 0)) problems.push(`Tensor ${name} has the shape ${formatSizes(shape)}.`);
  if (!isDataTypeName(type)) problems.push(`Tensor ${name} has an element type that is not known here: ${type}.`);
  const expected = isDataTypeName(type) ? Math.ceil((elements * dataTypes[type].bits) / 8) : undefined;
  const bytes = type === 'string' ? stringBytes(tensor) : (expected ?? tensor.rawData?.length ?? 0);
  const described = { name, scope, type, shape, elements, bytes, role: roleOf(dataType, shape), tensor };
  if (tensor.dataLocation === DataLocation.EXTERNAL) {
    const external = placeOf(tensor, bytes);
    if (!isPlace(external)) problems.push(`Tensor ${name} is in ${external.location} at a place that is no place.`);
    else if (external.length !== bytes) problems.push(lengthProblem(described, external.length));
    return { ...described, external };
  }
  if (tensor.rawData !== undefined && tensor.rawData.length !== bytes) {
    problems.push(lengthProblem(described, tensor.rawData.length));
  }
  return described;
}

/** A sparse tensor: its values and their places. */
export function storedSparseTensor(
  { values = {}, indices = {}, dims = [] }: SparseTensorProto,
  scope: string,
): StoredTensor {
  const stored = storedTensor(values, '', scope, []);
  const places = storedTensor(indices, '', scope, []);
  return {
    name: values.name ?? '',
    scope,
    type: `sparse ${elementTypeName(values.dataType)}`,
    shape: dims,
    elements: stored.elements,
    bytes: stored.bytes + places.bytes,
    role: roleOf(values.dataType ?? 0, dims),
  };
}

function roleOf(type: number, shape: readonly number[]): StoredTensor['role'] {
  return isParameter(type, shape) ? 'parameter' : 'constant';
}

function stringBytes({ stringData = [] }: TensorProto): number {
  return stringData.reduce((sum, { length }) => sum + length, 0);
}

function placeOf({ externalData = [] }: TensorProto, bytes: number): ExternalPlace {
  const entries = new Map(externalData.map(({ key = '', value = '' }) => [key, value]));
  return {
    location: entries.get('location') ?? '',
    offset: Number(entries.get('offset') ?? 0),
    length: Number(entries.get('length') ?? bytes),
  };
}

function isPlace({ offset, length }: ExternalPlace): boolean {
  return [offset, length].every((number) => Number.isSafeInteger(number) && number >= 0);
}

function lengthProblem({ name, type, shape, bytes }: StoredTensor, found: number): string {
  return `Tensor ${name} (${type} ${formatSizes(shape)}) needs ${bytes} bytes, but has ${found}.`;
}
