import type { Model } from '../../models/model.ts';
import { UserError } from '../errors.ts';
import { add, build, cast, input, mul, type NamedValue, rewriteValues, scan, type Value } from '../graph/index.ts';
import { type AdamWOptions, adamW, decays } from '../train/adamw.ts';
import { crossEntropy } from '../train/cross-entropy.ts';
import { formulatedForTraining } from '../train/formulations/index.ts';
import { gradients } from '../train/gradients.ts';
import { momentNames } from '../train/moments.ts';
import { accumulated, batchPart } from './accumulated.ts';
import { logitsWithDropout } from './dropout.ts';
import { joined, joinParameters, parted } from './joined-parameters.ts';
import { type Sizes, tokenShape } from './options.ts';
import { parametersOf } from './parameters.ts';
import { nextName, type Program, statePairs } from './program.ts';

export interface TrainOptions {
  readonly optimizer: AdamWOptions;
  /** Sizes that are numbers in the file. */
  readonly sizes?: Sizes;
  /**
   * Parts that a batch is worked through in, one after another, their gradients accumulated: the memory of one part, the result of the
   * whole. 1 unless told; more need `sizes.batch`, which must be a multiple of them.
   */
  readonly parts?: number;
  /**
   * Whether a step whose loss or gradient norm is not finite leaves parameters and moments as they are. It is counted all the same, so
   * that batches and dropout go on; its loss and norm are reported as they came out.
   */
  readonly skipNonFinite?: boolean;
}

/**
 * K training steps in one run: tokens and targets int32 (steps, batch, time), learning_rate float32 (steps), seed and step int32
 * scalars, and the state (parameters and their two moments) → loss and gradient_norm float32 (steps), and the next state.
 * `step` counts the steps made before and is state too. Each step is forward, backward, clipping and AdamW.
 */
export function trainProgram(model: Model, options: TrainOptions): Program {
  const { optimizer, sizes, parts = 1, skipNonFinite = false } = options;
  requireEqualParts(parts, sizes);
  const shape = tokenShape(sizes);
  // Inside the Scan: one step. The parameters themselves are its formal inputs.
  const tokens = input('tokens', 'int32', shape);
  const targets = input('targets', 'int32', shape);
  const learningRate = input('learning_rate', 'float32', []);
  const step = input('step', 'int32', []);
  const seed = input('seed', 'int32', []);
  const reading = parts > 1 ? batchPart(shape, parts) : undefined;
  const source = { seed, step, ...(reading === undefined ? {} : { part: reading.part }) };
  const logits = logitsWithDropout(model, reading?.tokens ?? tokens, source);
  const lossOfPass = formulatedForTraining(crossEntropy(logits, reading?.targets ?? targets));
  const parameters = parametersOf(lossOfPass);
  const byParameter = gradients(
    lossOfPass,
    parameters.map(({ value }) => value),
  );
  const gradientOf = new Map(parameters.map(({ value }, index) => [value, byParameter[index] ?? value]));
  const groups = joinParameters(parameters, (parameter) => decays(parameter, optimizer));
  const pass = {
    loss: lossOfPass,
    gradients: groups.map((group) => joined(group, ({ value }) => gradientOf.get(value) ?? value)),
  };

  // Where parameters are joined, the model's own are parts of the joined one.
  const members = new Map(
    groups.flatMap((group) => {
      const values = parted(group, group.parameter.formal);
      return group.members.map(({ value }, index) => [value, values[index]] as const);
    }),
  );
  const leaf = (value: Value): Value | undefined => members.get(value);
  const { loss, gradients: slopes } =
    reading === undefined ? pass : accumulated(reading, pass, { tokens, targets, step, leaf });
  const trained = groups.map((group, index) => ({
    parameter: group.parameter.formal,
    gradient: slopes[index] ?? group.parameter.formal,
    firstMoment: group.firstMoment.formal,
    secondMoment: group.secondMoment.formal,
    decays: group.decays,
  }));
  const scalars = { learningRate, step: cast(step, 'float32'), ...(skipNonFinite ? { loss } : {}) };
  const { updated, gradientNorm } = adamW(trained, scalars, optimizer);
  const moved = updated.flatMap(({ parameter, firstMoment, secondMoment }) => [parameter, firstMoment, secondMoment]);
  const [finalLoss = loss, norm = gradientNorm, ...next] = rewriteValues([loss, gradientNorm, ...moved], { leaf });

  // Outside: the state as it comes in, and the sequences that the Scan takes apart.
  const stateInputs: NamedValue[] = [
    { name: 'step', value: input('step', step.type, step.shape) },
    ...parameters.flatMap(({ name, value }) =>
      [name, momentNames.first(name), momentNames.second(name)].map((name) => ({
        name,
        value: input(name, value.type, value.shape),
      })),
    ),
  ];
  const byName = new Map(stateInputs.map(({ name, value }) => [name, value]));
  const tensors = groups.flatMap((group) =>
    [group.parameter, group.firstMoment, group.secondMoment].map((tensor) => ({ group, ...tensor })),
  );
  const carried = tensors.map(({ group, names, formal }, index) => ({
    formal,
    initial: joined(group, (_member, place) => byName.get(names[place] ?? '') ?? formal),
    next: next[index] ?? formal,
  }));
  const sequences = {
    tokens: input('tokens', 'int32', ['steps', ...shape]),
    targets: input('targets', 'int32', ['steps', ...shape]),
    learning_rate: input('learning_rate', 'float32', ['steps']),
  };
  const { states, outputs } = scan({
    states: [{ formal: step, initial: byName.get('step') ?? step, next: add(step, 1) }, ...carried],
    sequences: [
      { formal: tokens, sequence: sequences.tokens },
      { formal: targets, sequence: sequences.targets },
      { formal: learningRate, sequence: sequences.learning_rate },
    ],
    outputs: [finalLoss, norm],
  });

  const [stepAfter, ...after] = states;
  const nextByName = new Map<string, Value | undefined>([['step', stepAfter]]);
  for (const [index, { group, names, formal }] of tensors.entries()) {
    const values = parted(group, after[index] ?? formal);
    for (const [place, name] of names.entries()) {
      const value = values[place];
      // A product by 1 is removed where it is of no use. Where a GPU's work is recorded it stays: what a Reshape would copy into an
      // output is made by a kernel, because a copy is not recorded.
      nextByName.set(name, value !== undefined && names.length > 1 ? mul(value, 1) : value);
    }
  }
  const named = (name: string, value: Value | undefined): NamedValue[] =>
    value === undefined ? [] : [{ name, value }];
  const graph = build({
    name: `${model.config.model} train`,
    inputs: [
      ...Object.entries(sequences).map(([name, value]) => ({ name, value })),
      { name: 'seed', value: seed },
      ...stateInputs,
    ],
    outputs: [
      ...named('loss', outputs[0]),
      ...named('gradient_norm', outputs[1]),
      ...stateInputs.flatMap(({ name }) => named(nextName(name), nextByName.get(name))),
    ],
  });
  return { name: 'train', config: model.config, graph, state: statePairs(stateInputs) };
}

/** @throws UserError when a batch can't be cut into equal parts */
function requireEqualParts(parts: number, sizes: Sizes | undefined): void {
  const batch = sizes?.batch ?? Number.NaN;
  if (parts === 1 || (Number.isInteger(parts) && parts > 1 && batch % parts === 0)) return;
  throw new UserError(
    `${parts} parts are no equal parts of a batch of ${sizes?.batch ?? 'unknown size'}: give its size (sizes.batch), a multiple of the parts.`,
    { exitCode: 2 },
  );
}
