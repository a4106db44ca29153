import { formatShape, isSymbol, type Shape } from './dimensions.ts';
import { GraphError } from './error.ts';
import { atUserLine } from './location.ts';
import { scopedName } from './scope.ts';
import { sharedParameter } from './sharing.ts';
import { type ElementType, storedLength, type TensorData, tensorData } from './types.ts';
import { Value } from './value.ts';

/** What may stand where an operator wants a tensor: a value, or a number that becomes a scalar of the other operand's type. */
export type Operand = Value | number;

function checkShape(what: string, shape: Shape): void {
  for (const dimension of shape) {
    const good =
      typeof dimension === 'number' ? Number.isSafeInteger(dimension) && dimension >= 0 : isSymbol(dimension);
    if (!good)
      throw new GraphError(`${what} has the shape ${formatShape(shape)}: ${dimension} is no dimension${atUserLine()}`);
  }
}

/** An input of the graph, to be fed at each run. */
export function input(name: string, type: ElementType, shape: Shape): Value {
  checkShape(`input ${name}`, shape);
  return new Value(type, shape, { kind: 'input', name });
}

/**
 * A trainable tensor, named inside the present scope. Inference graphs hold its weights; training graphs carry it as state.
 * @param shape numbers only.
 */
export function parameter(name: string, shape: readonly number[]): Value {
  const fullName = scopedName(name);
  checkShape(`parameter ${fullName}`, shape);
  return sharedParameter(fullName, () => new Value('float32', shape, { kind: 'parameter', name: fullName }));
}

/**
 * A constant tensor.
 * @param numbers a number (a scalar) or the elements in row-major order.
 * @param type float32 unless told.
 * @param shape the elements' shape; a vector unless told.
 */
export function constant(
  numbers: number | readonly number[] | TensorData,
  type: ElementType = 'float32',
  shape?: readonly number[],
): Value {
  const data =
    typeof numbers === 'number' ? tensorData(type, [numbers]) : isPlain(numbers) ? tensorData(type, numbers) : numbers;
  const dimensions = shape ?? (typeof numbers === 'number' ? [] : [data.length]);
  checkLength('a constant', type, dimensions, data);
  return new Value(type, dimensions, { kind: 'constant', data });
}

/**
 * A constant tensor that has a name of its own in files, as weights that are not float32 do.
 * @param name in full: the present scope is not put before it.
 * @param data as the type is stored (see `TensorData`), row-major.
 */
export function namedConstant(name: string, data: TensorData, type: ElementType, shape: readonly number[]): Value {
  checkShape(`constant ${name}`, shape);
  checkLength(`constant ${name}`, type, shape, data);
  return new Value(type, shape, { kind: 'constant', data, name });
}

function checkLength(what: string, type: ElementType, shape: readonly number[], data: TensorData): void {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const length = storedLength(type, size);
  if (length === data.length) return;
  const held = length === size ? '' : `, which take ${length} bytes`;
  throw new GraphError(
    `${what} of shape ${formatShape(shape)} has ${size} elements${held}, not ${data.length}${atUserLine()}`,
  );
}

function isPlain(data: readonly number[] | TensorData): data is readonly number[] {
  return Array.isArray(data) && (data.length === 0 || typeof data[0] === 'number');
}

/** Turns a number into a scalar constant of `type`; leaves a value as it is. */
export function asValue(operand: Operand, type: ElementType): Value {
  return typeof operand === 'number' ? constant(operand, type) : operand;
}
