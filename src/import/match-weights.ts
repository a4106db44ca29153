import { UserError } from '../errors.ts';
import type { ConfiguredModel, GivenSettings } from '../model/index.ts';
import { modelFiles, parameterShapes, zerosOf } from '../model-directory/model-directory.ts';
import type { Weights } from '../programs/parameters.ts';
import { floatTypes } from '../safetensors/to-float32.ts';
import type { StoredTensor, StoredWeights } from './stored-weights.ts';

/**
 * Reads the weights that a configuration asks for, tensor by tensor.
 * @param tensors what is stored, by our names
 * @throws UserError naming the tensor and its file when one is missing, of another shape or type, or there is one too many. A model
 *   without biases may have zeros in their place, and a tied output layer may be stored beside what it is tied to.
 */
export async function matchWeights(
  model: ConfiguredModel,
  tensors: StoredWeights['tensors'],
  source: string,
): Promise<Map<string, Float32Array>> {
  const { layers } = model.settings;
  if (typeof layers === 'number' && layers > 2 && parametersOfLayers(model, layers) > tensors.size) {
    throw new UserError(
      `${source} has ${tensors.size} tensors, too few for the ${layers} layers that ${modelFiles.config} asks for.`,
    );
  }
  const shapes = parameterShapes(model);
  const expected = [...shapes].map(([name, shape]): readonly [string, StoredTensor] => {
    const stored = tensors.get(name);
    if (stored === undefined) {
      throw new UserError(`${source} lacks the weights ${name} that the configuration asks for.`);
    }
    requireShape(stored, shape);
    return [name, stored];
  });
  await refuseSurplus(model, tensors, shapes);
  const weights = new Map<string, Float32Array>();
  for (const [name, stored] of expected) weights.set(name, await stored.load());
  return weights;
}

function requireShape({ name, type, shape, source }: StoredTensor, asked: readonly number[]): void {
  if (floatTypes.includes(type) && String(shape) === String(asked)) return;
  throw new UserError(
    `${source}: ${name} is ${type} of shape [${shape.join(', ')}], but the configuration asks for F32 of shape [${asked.join(', ')}].`,
  );
}

async function refuseSurplus(
  model: ConfiguredModel,
  tensors: StoredWeights['tensors'],
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  const zeros = new Map(zerosOf(model));
  const tied = model.definition.huggingFace?.tied(model.settings);
  for (const [name, stored] of tensors) {
    if (shapes.has(name)) continue;
    const table = tensors.get(tied?.to ?? '');
    if (name === tied?.name && table !== undefined) {
      await requireEqual(stored, table);
      continue;
    }
    const size = zeros.get(name);
    if (size === undefined) {
      throw new UserError(`${stored.source} holds ${stored.name}, which the configuration has no place for.`);
    }
    requireShape(stored, [size]);
    if (!isZero(await stored.load())) {
      throw new UserError(
        `${stored.source}: ${stored.name} is not zero, but ${modelFiles.config} says that the model has no biases (trilu.bias): read the folder with trilu import.`,
      );
    }
  }
}

/** A tied output layer that is stored all the same must be what it is tied to. */
async function requireEqual(output: StoredTensor, table: StoredTensor): Promise<void> {
  requireShape(output, table.shape);
  const [one, other] = [await output.load(), await table.load()];
  if (one.every((number, index) => number === other[index])) return;
  throw new UserError(
    `${output.source}: ${output.name} differs from ${table.name}, but ${modelFiles.config} says that they are one (tie_word_embeddings): set that to false if each is to count.`,
  );
}

/** How many parameters a model of so many layers has, reckoned from one and two: to define a million of them would take long. */
function parametersOfLayers(model: ConfiguredModel, layers: number): number {
  const [one, two] = [1, 2].map((layers) => parameterShapes(model.with({ layers } as Partial<GivenSettings>)).size) as [
    number,
    number,
  ];
  return one + (layers - 1) * (two - one);
}

function isZero(numbers: Float32Array): boolean {
  return numbers.every((number) => number === 0);
}

/** The model without the tensors that its type always has, where all of them are exactly zero; else as it is. */
export function withoutZeros(
  model: ConfiguredModel,
  weights: Weights,
): { readonly model: ConfiguredModel; readonly weights: Weights } {
  const { huggingFace } = model.definition;
  if (huggingFace === undefined) return { model, weights };
  const smaller = model.with(huggingFace.withoutZeros(model.settings) as Partial<GivenSettings>);
  const zeros = new Set([...zerosOf(smaller)].map(([name]) => name));
  const isWithout = [...weights].every(([name, numbers]) => !zeros.has(name) || isZero(numbers));
  if (!isWithout) return { model, weights };
  return { model: smaller, weights: new Map([...weights].filter(([name]) => !zeros.has(name))) };
}
