import { UserError } from '../../errors.ts';
import type { ConfiguredModel } from '../../model/index.ts';
import type { Weights } from '../../programs/parameters.ts';
import { modelParameters } from '../../programs/parameters.ts';
import { type Tensors, tensor } from '../../runtime/tensor.ts';
import { initialize } from '../initialize.ts';
import { optimizerNamed } from '../optimizers/index.ts';
import { slotName } from '../optimizers/optimizer.ts';
import type { TrainingSetup } from './setup.ts';

/** The state a run begins with: weights drawn from the seed, the optimizer's slots as they begin, step 0. */
export function initialState(
  model: ConfiguredModel,
  { seed, optimizer }: Pick<TrainingSetup, 'seed' | 'optimizer'>,
): Tensors {
  const parameters = modelParameters(model);
  const weights = initialize(parameters, model.initialization, seed);
  const slots = Object.entries(optimizerNamed(optimizer.name).slots(optimizer));
  const state = parameters.flatMap(({ name, value }) => {
    const data = weights.get(name) ?? new Float32Array(0);
    const shape = value.shape.map(Number);
    return [
      [name, tensor('float32', shape, data)] as const,
      ...slots.map(([slot, first]) => {
        return [slotName(name, slot), tensor('float32', shape, new Float32Array(data.length).fill(first))] as const;
      }),
    ];
  });
  return { ...Object.fromEntries(state), step: tensor('int32', [], [0]) };
}

/**
 * The weights in a training state.
 * @throws UserError when one of the model's parameters is missing or of another shape.
 */
export function weightsOf(model: ConfiguredModel, state: Tensors): Weights {
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
