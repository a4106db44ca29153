import { type BuildOptions, build, type Graph, namedValues } from '../graph/index.ts';
import { formulatedProgram } from '../train/formulations/index.ts';

/** The graph of a program: what its outputs reach, in the layouts that runtimes are quick at. See `build`. */
export function programGraph({ name, inputs, outputs }: BuildOptions): Graph {
  const wanted = namedValues(outputs);
  const values = formulatedProgram(wanted.map(({ value }) => value));
  return build({
    name,
    inputs,
    outputs: wanted.map(({ name, value }, index) => ({ name, value: values[index] ?? value })),
  });
}
