import { UserError } from '../errors.ts';
import { gradients } from '../graph/gradients.ts';
import { add, cast, input, mul, type NamedValue, scan, type Value } from '../graph/index.ts';
import type { ConfiguredModel } from '../model/index.ts';
import { crossEntropy } from '../train/cross-entropy.ts';
import { formulatedGradients, formulatedLoss, formulatedProgram } from '../train/formulations/index.ts';
import { optimizerNamed } from '../train/optimizers/index.ts';
import { type OptimizerSetup, slotName } from '../train/optimizers/optimizer.ts';
import { decays, optimizerStep } from '../train/optimizers/step.ts';
import { accumulated, batchPart } from './accumulated.ts';
import { logitsWithDropout } from './dropout.ts';
import { joined, joinParameters, parted } from './joined-parameters.ts';
import { parametersOf } from './parameters.ts';
import { nextName, type Program, statePairs } from './program.ts';
import { programGraph } from './program-graph.ts';
import { type Sizes, tokenShape } from './program-options.ts';

export interface TrainOptions {
  /** An optimizer with its settings: `adamw.with({ beta2: 0.99 })`. */
  readonly optimizer: OptimizerSetup;
  /** Sizes that are numbers in the file. */
  readonly sizes?: Sizes;
  /**
   * Parts that a batch is worked through in, one after another, their gradients accumulated: the memory of one part, the result of the
   * whole. 1 unless told; more need `sizes.batch`, which must be a multiple of them.
   */
  readonly parts?: number;
  /**
   * Whether a step whose loss or gradient norm is not finite leaves parameters and the optimizer's slots as they are. It is counted all the same, so
   * that batches and dropout go on; its loss and norm are reported as they came out.
   */
  readonly skipNonFinite?: boolean;
}

/**
 * K training steps in one run: tokens and targets int32 (steps, batch, time), learning_rate float32 (steps), seed and step int32
 * scalars, and the state (parameters and what the optimizer keeps of each, `<parameter>.<slot>`) → loss and gradient_norm float32
 * (steps), and the next state. `step` counts the steps made before and is state too. Each step is forward, backward, clipping and the
 * optimizer's update.
 * @throws UserError for an optimizer that does not know its slots, and for parts that are not equal
 */
export function trainProgram(model: ConfiguredModel, options: TrainOptions): Program {
  const { optimizer: setup, sizes, parts = 1, skipNonFinite = false } = options;
  const optimizer = optimizerNamed(setup.name);
  const slots = Object.keys(optimizer.slots(setup));
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
  const lossOfPass = formulatedLoss(crossEntropy(logits, reading?.targets ?? targets));
  const parameters = parametersOf(lossOfPass);
  const leaves = parameters.map(({ value }) => value);
  const byParameter = formulatedGradients(lossOfPass, gradients(lossOfPass, leaves));
  const gradientOf = new Map(parameters.map(({ value }, index) => [value, byParameter[index] ?? value]));
  const groups = joinParameters(parameters, {
    joinable: optimizer.joinable,
    slots,
    decays: (parameter) => decays(parameter, setup),
  });
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
    slots: Object.fromEntries(group.slots.map(({ slot, formal }) => [slot, formal])),
    decays: group.decays,
  }));
  const scalars = { learningRate, stepsMade: cast(step, 'float32'), ...(skipNonFinite ? { loss } : {}) };
  const { updated, gradientNorm } = optimizerStep(trained, scalars, setup);
  const moved = updated.flatMap(({ parameter, slots }) => [parameter, ...Object.values(slots)]);
  const [finalLoss = loss, norm = gradientNorm, ...next] = formulatedProgram([loss, gradientNorm, ...moved], leaf);

  // Outside: the state as it comes in, and the sequences that the Scan takes apart.
  const stateInputs: NamedValue[] = [
    { name: 'step', value: input('step', step.type, step.shape) },
    ...parameters.flatMap(({ name, value }) =>
      [name, ...slots.map((slot) => slotName(name, slot))].map((name) => ({
        name,
        value: input(name, value.type, value.shape),
      })),
    ),
  ];
  const byName = new Map(stateInputs.map(({ name, value }) => [name, value]));
  const tensors = groups.flatMap((group) => [group.parameter, ...group.slots].map((tensor) => ({ group, ...tensor })));
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
  const graph = programGraph({
    name: `${model.name} train`,
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
  return { name: 'train', model, graph, state: statePairs(stateInputs), optimizer: optimizer.title };
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
