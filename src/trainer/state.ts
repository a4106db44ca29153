import type { Model } from '../../models/model.ts';
import { UserError } from '../errors.ts';
import type { Weights } from '../export/write-onnx.ts';
import { modelParameters } from '../programs/parameters.ts';
import { type Tensors, tensor } from '../runtime/tensor.ts';
import { initialize } from '../train/initialize.ts';
import { momentNames } from '../train/moments.ts';

/** The state a run begins with: weights drawn from the seed, moments of zeros, step 0. */
export function initialState(model: Model, seed: number): Tensors {
  const parameters = modelParameters(model);
  const weights = initialize(parameters, seed);
  const state = parameters.flatMap(({ name, value }) => {
    const data = weights.get(name) ?? new Float32Array(0);
    const shape = value.shape.map(Number);
    return [
      [name, tensor('float32', shape, data)] as const,
      [momentNames.first(name), tensor('float32', shape, new Float32Array(data.length))] as const,
      [momentNames.second(name), tensor('float32', shape, new Float32Array(data.length))] as const,
    ];
  });
  return { ...Object.fromEntries(state), step: tensor('int32', [], [0]) };
}

/**
 * The weights in a training state.
 * @throws UserError when one of the model's parameters is missing or of another shape.
 */
export function weightsOf(model: Model, state: Tensors): Weights {
  return new Map(
    modelParameters(model).map(({ name, value }) => {
      const held = state[name];
      if (held === undefined || !(held.data instanceof Float32Array) || String(held.shape) !== String(value.shape)) {
        throw new UserError(
          `The training state does not fit the model: ${name} is not a float32 tensor of shape [${value.shape}].`,
        );
      }
      return [name, held.data];
    }),
  );
}
