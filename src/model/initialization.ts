import type { NamedValue } from '../graph/index.ts';

/** How a parameter's first values are drawn; the host draws them from a seed and the parameter's name. */
export type Initializer =
  | { readonly kind: 'normal'; readonly standardDeviation: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'constant'; readonly value: number };

/** A parameter that is to be given its first values. */
export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
  /** How many input features the layer has: the rows of this weight, or of the weight beside this bias. */
  readonly inputs: number;
}

/**
 * Initializers by patterns of parameter names, in which `*` stands for any characters: `{ '*.bias': zeros, '*.weight': normal(0.02) }`.
 * The first pattern that fits counts.
 */
export type Initialization = Readonly<Record<string, Initializer | ((parameter: ParameterShape) => Initializer)>>;

/** N(0, σ²). */
export const normal = (standardDeviation: number): Initializer => ({ kind: 'normal', standardDeviation });
/** U(−bound, bound). */
export const uniform = (bound: number): Initializer => ({ kind: 'uniform', bound });
/** All elements 0, as biases begin. */
export const zeros: Initializer = { kind: 'constant', value: 0 };
/** All elements 1, as the scales of normalizations begin. */
export const ones: Initializer = { kind: 'constant', value: 1 };

/** N(0, 1/inputs), times a gain: activations keep their size from layer to layer (LeCun et al. 1998). */
export const scaledNormal =
  (gain = 1): ((parameter: ParameterShape) => Initializer) =>
  ({ inputs }) =>
    normal((1 / Math.sqrt(inputs)) * gain);

/** What begins as no pattern of a model says: biases 0, scales of normalizations 1, tables N(0, 0.02²), matrices scaled to their inputs. */
export const defaultInitialization = {
  '*bias': zeros,
  '*': (parameter: ParameterShape): Initializer => {
    if (parameter.shape.length < 2) return ones;
    return /embed|table|wte|wpe/i.test(parameter.name) ? normal(0.02) : scaledNormal()(parameter);
  },
} satisfies Initialization;

/** The initializer of each parameter. */
export function initializersOf(
  parameters: readonly NamedValue[],
  initialization: Initialization,
): ReadonlyMap<string, Initializer> {
  const rows = [
    ...Object.entries(initialization),
    ...Object.entries<Initialization[string]>(defaultInitialization),
  ].map(([pattern, initializer]) => [expression(pattern), initializer] as const);
  const shapes = new Map(parameters.map(({ name, value }) => [name, value.shape.map(Number)]));
  return new Map(
    [...shapes].map(([name, shape]): [string, Initializer] => {
      const [, initializer = zeros] = rows.find(([pattern]) => pattern.test(name)) ?? [];
      const [inputs = 1] = shapes.get(name.replace(/bias$/, 'weight')) ?? shape;
      return [name, typeof initializer === 'function' ? initializer({ name, shape, inputs }) : initializer];
    }),
  );
}

function expression(pattern: string): RegExp {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`);
}
