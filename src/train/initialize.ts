import type { NamedValue } from '../graph/index.ts';
import { hash, normals, uniform } from '../random/counter.ts';

/**
 * The first weights of parameters, drawn from a seed. Each parameter draws from a stream of its own that its name chooses, so adding
 * one layer changes no other. Standard normal numbers or uniform ones, scaled as the parameter's initializer says.
 */
export function initialize(parameters: readonly NamedValue[], seed: number): Map<string, Float32Array> {
  return new Map(parameters.map((parameter) => [parameter.name, draw(parameter, seed)]));
}

function draw({ name, value }: NamedValue, seed: number): Float32Array {
  const { source, shape } = value;
  const size = shape.reduce<number>((product, dimension) => product * Number(dimension), 1);
  if (source.kind !== 'parameter') throw new TypeError(`${name} is no parameter`);
  const { initializer } = source;
  const stream = hash(0, ...new TextEncoder().encode(name));
  if (initializer.kind === 'constant') return new Float32Array(size).fill(initializer.value);
  if (initializer.kind === 'normal') return normals(size, initializer.standardDeviation, seed, stream);
  return Float32Array.from({ length: size }, (_, index) => initializer.bound * (2 * uniform(seed, stream, index) - 1));
}
