import { input, type NamedValue, nodesBefore, type Value } from '../graph/index.ts';
import type { ConfiguredModel } from '../model/index.ts';

/** The weights of parameters, by name. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** The parameters that a value depends on, in the order in which the forward pass meets them. */
export function parametersOf(value: Value): NamedValue[] {
  const found = new Map<string, Value>();
  for (const node of nodesBefore([value])) {
    for (const operand of node.inputs) {
      if (operand?.source.kind === 'parameter') found.set(operand.source.name, operand);
    }
  }
  return [...found].map(([name, parameter]) => ({ name, value: parameter }));
}

/** The parameters of a model, by name and shape. */
export function modelParameters(model: ConfiguredModel): NamedValue[] {
  return parametersOf(model.logits(input('tokens', 'int32', ['batch', 'time'])));
}

/** How many numbers a model learns. */
export function parameterCount(model: ConfiguredModel): number {
  const sizes = modelParameters(model).map(({ value }) =>
    value.shape.reduce<number>((size, length) => size * Number(length), 1),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
