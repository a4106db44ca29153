import { type Model, plainContext } from '../../models/model.ts';
import { add, build, cast, dropout, input, type NamedValue, scan, type Value } from '../graph/index.ts';
import { type AdamWOptions, adamW } from '../train/adamw.ts';
import { crossEntropy } from '../train/cross-entropy.ts';
import { gradients } from '../train/gradients.ts';
import { momentNames } from '../train/moments.ts';
import { type Sizes, tokenShape } from './options.ts';
import { parametersOf } from './parameters.ts';
import { nextName, type Program, statePairs } from './program.ts';

export interface TrainOptions {
  readonly optimizer: AdamWOptions;
  /** Sizes that are numbers in the file. */
  readonly sizes?: Sizes;
}

/**
 * K training steps in one run: tokens and targets int32 (steps, batch, time), learning_rate float32 (steps), seed and step int32
 * scalars, and the state (parameters and their two moments) → loss and gradient_norm float32 (steps), and the next state.
 * `step` counts the steps made before and is state too. Each step is forward, backward, clipping and AdamW.
 */
export function trainProgram(model: Model, { optimizer, sizes }: TrainOptions): Program {
  const shape = tokenShape(sizes);
  // Inside the Scan: one step. The parameters themselves are its formal inputs.
  const tokens = input('tokens', 'int32', shape);
  const targets = input('targets', 'int32', shape);
  const learningRate = input('learning_rate', 'float32', []);
  const step = input('step', 'int32', []);
  const seed = input('seed', 'int32', []);
  const source = { seed, step };
  let site = 0;
  const logits = model.logits(tokens, {
    ...plainContext,
    dropout: (x, rate) => dropout(x, { rate, source, site: site++ }),
  });
  const loss = crossEntropy(logits, targets);
  const parameters = parametersOf(loss);
  const byParameter = gradients(
    loss,
    parameters.map(({ value }) => value),
  );
  const trained = parameters.map(({ name, value }, index) => ({
    parameter: value,
    gradient: byParameter[index] ?? value,
    firstMoment: input(momentNames.first(name), value.type, value.shape),
    secondMoment: input(momentNames.second(name), value.type, value.shape),
  }));
  const { updated, gradientNorm } = adamW(trained, { learningRate, step: cast(step, 'float32') }, optimizer);

  // Outside: the state as it comes in, and the sequences that the Scan takes apart.
  const carried = parameters.flatMap(({ name }, index) => {
    const [before, after] = [trained[index], updated[index]];
    if (before === undefined || after === undefined) return [];
    return [
      carry(name, before.parameter, after.parameter),
      carry(momentNames.first(name), before.firstMoment, after.firstMoment),
      carry(momentNames.second(name), before.secondMoment, after.secondMoment),
    ];
  });
  carried.unshift(carry('step', step, add(step, 1)));
  const sequences = {
    tokens: input('tokens', 'int32', ['steps', ...shape]),
    targets: input('targets', 'int32', ['steps', ...shape]),
    learning_rate: input('learning_rate', 'float32', ['steps']),
  };
  const { states, outputs } = scan({
    states: carried,
    sequences: [
      { formal: tokens, sequence: sequences.tokens },
      { formal: targets, sequence: sequences.targets },
      { formal: learningRate, sequence: sequences.learning_rate },
    ],
    outputs: [loss, gradientNorm],
  });

  const stateInputs: NamedValue[] = carried.map(({ name, initial }) => ({ name, value: initial }));
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
      ...stateInputs.flatMap(({ name }, index) => named(nextName(name), states[index])),
    ],
  });
  return { name: 'train', config: model.config, graph, state: statePairs(stateInputs) };
}

function carry(name: string, formal: Value, next: Value): { name: string; formal: Value; initial: Value; next: Value } {
  return { name, formal, initial: input(name, formal.type, formal.shape), next };
}
