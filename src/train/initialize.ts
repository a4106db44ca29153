import type { NamedValue, Value } from '../graph/index.ts';
import { type Initialization, type Initializer, initializersOf } from '../model/index.ts';
import { hash, normals, uniform } from '../random/counter.ts';

/**
 * The first weights of parameters, drawn from a seed. Each parameter draws from a stream of its own that its name chooses, so adding
 * one layer changes no other. Standard normal numbers or uniform ones, scaled as the parameter's initializer says.
 */
export function initialize(
  parameters: readonly NamedValue[],
  initialization: Initialization,
  seed: number,
): Map<string, Float32Array> {
  return new Map(initialWeights(parameters, initialization, seed));
}

/** The same one parameter after another, for whoever has other things to do in between. */
export function* initialWeights(
  parameters: readonly NamedValue[],
  initialization: Initialization,
  seed: number,
): Generator<readonly [name: string, weights: Float32Array]> {
  const initializers = initializersOf(parameters, initialization);
  for (const { name, value } of parameters) {
    const initializer = initializers.get(name);
    if (initializer === undefined || value.source.kind !== 'parameter') throw new TypeError(`${name} is no parameter`);
    yield [name, draw(name, value, initializer, seed)];
  }
}

function draw(name: string, { shape }: Value, initializer: Initializer, seed: number): Float32Array {
  const size = shape.reduce<number>((product, dimension) => product * Number(dimension), 1);
  const stream = hash(0, ...new TextEncoder().encode(name));
  if (initializer.kind === 'constant') return new Float32Array(size).fill(initializer.value);
  if (initializer.kind === 'normal') return normals(size, initializer.standardDeviation, seed, stream);
  return Float32Array.from({ length: size }, (_, index) => initializer.bound * (2 * uniform(seed, stream, index) - 1));
}
