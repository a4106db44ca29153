import type { NamedValue } from '../../src/graph/index.ts';
import type { Program } from '../../src/programs/index.ts';
import type { TextGenerationProgram } from '../../src/programs/text-generation-program.ts';
import {
  elementCount,
  scalar,
  type Tensor,
  type TensorOf,
  type Tensors,
  tensor,
  zeroTensor,
} from '../../src/runtime/tensor.ts';
import { someTokens } from '../../test/support/tiny-ladder.ts';
import type { FormOptions } from './forms.ts';

/** Runs a file once. */
export type Run = (feeds: Tensors) => Promise<Tensors>;

/** Runs a file as often as it takes to see that it works. @returns what is to be compared, by name */
export type Trial = (run: Run) => Promise<Tensors>;

/** What a trial needs to know besides the program. */
export interface TrialSettings {
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** The characters in id order. */
  readonly vocabulary: readonly string[];
  readonly sizes?: FormOptions['sizes'];
}

const batch = 2;

/** The trial of a program: a prompt and one more token, greedy and drawn text beyond the block, two steps of training. */
export function trialOf(program: Program, settings: TrialSettings): Trial {
  return makers[program.name](program, settings);
}

const makers: Readonly<Record<Program['name'], (program: Program, settings: TrialSettings) => Trial>> = {
  forward: (_program, settings) => (run) => run({ tokens: tokensFor(settings, 5, 1) }),
  evaluate: (_program, settings) => (run) =>
    run({ tokens: tokensFor(settings, 5, 1), targets: tokensFor(settings, 5, 2) }),
  decode:
    ({ graph, state }, settings) =>
    async (run) => {
      const kept = new Set(state.map(({ input }) => input));
      const rows = settings.sizes?.batch ?? batch;
      const before = emptied(
        graph.inputs.filter(({ name }) => kept.has(name)),
        rows,
      );
      const first = await run({ tokens: tokensFor(settings, 3, 1), ...before });
      const carried = state.map(({ input, output }): [string, Tensor] => [input, named(first, output)]);
      const second = await run({ tokens: tokensFor(settings, 1, 2), ...Object.fromEntries(carried) });
      return { ...second, 'first logits': named(first, 'logits') };
    },
  generate:
    ({ graph }, settings) =>
    async (run) => {
      const prompt = tokensFor(settings, 3, 1);
      const speaks = graph.inputs.some(({ name }) => name === 'characters');
      const characters = Array.from(prompt.data, (id) => settings.vocabulary[id] ?? '');
      const given: Tensors = speaks ? { characters: tensor('string', prompt.shape, characters) } : { tokens: prompt };
      const write = async (temperature: number): Promise<Tensor> => {
        const scalars = {
          count: scalar('int32', 12),
          temperature: scalar('float32', temperature),
          top_k: scalar('int32', 5),
          top_p: scalar('float32', 0.9),
          seed: scalar('int32', 7),
        };
        const generated = named(await run({ ...given, ...scalars }), 'generated');
        if (generated.type !== 'string') return generated;
        return tensor(
          'int32',
          generated.shape,
          generated.data.map((character) => settings.vocabulary.indexOf(character)),
        );
      };
      return { greedy: await write(0), drawn: await write(0.8) };
    },
  train:
    ({ graph, state }, { weights }) =>
    (run) => {
      const kept = new Set(state.map(({ input }) => input));
      const steps = 2;
      return run({
        ...emptied(
          graph.inputs.filter(({ name }) => kept.has(name)),
          batch,
          weights,
        ),
        tokens: someTokens([steps, batch, 8], 1),
        targets: someTokens([steps, batch, 8], 2),
        learning_rate: tensor('float32', [steps], [1e-3, 1e-3]),
        seed: scalar('int32', 1),
      });
    },
};

/** The trial of a graph for other tools' text generation: the same prompt and token as those of the decode program. */
export function textGenerationTrial(program: TextGenerationProgram): Trial {
  const past = pastOf(program);
  return async (run) => {
    const first = await run({ ...idsFor(program, someTokens([batch, 3], 1), 0), ...emptied(past, batch) });
    const carried = past.map(({ name }): [string, Tensor] => [
      name,
      named(first, name.replace('past_key_values', 'present')),
    ]);
    const second = await run({ ...idsFor(program, someTokens([batch, 1], 2), 3), ...Object.fromEntries(carried) });
    return { ...second, logits: scoresOf(program, second), 'first logits': scoresOf(program, first) };
  };
}

/** The likeliest ids after a prompt, each from the scores of the whole text read anew. */
export async function greedyIds(
  program: TextGenerationProgram,
  run: Run,
  prompt: readonly number[],
  count: number,
): Promise<number[]> {
  const ids = [...prompt];
  for (let turn = 0; turn < count; turn++) {
    const text = tensor('int32', [1, ids.length], ids);
    const outputs = await run({ ...idsFor(program, text, 0), ...emptied(pastOf(program), 1) });
    const scores = Array.from(scoresOf(program, outputs).data, Number).slice(-program.model.vocabulary);
    ids.push(scores.indexOf(Math.max(...scores)));
  }
  return ids.slice(prompt.length);
}

function pastOf({ graph }: TextGenerationProgram): readonly NamedValue[] {
  return graph.inputs.filter(({ name }) => name.startsWith('past'));
}

/** Ids and, where it is taken, the mask of all that has been read with them. */
function idsFor({ graph }: TextGenerationProgram, { shape, data }: TensorOf<'int32'>, before: number): Tensors {
  const [rows = 1, time = 1] = shape;
  const mask = tensor('int64', [rows, before + time], new BigInt64Array(rows * (before + time)).fill(1n));
  return {
    input_ids: tensor('int64', shape, BigInt64Array.from(data, BigInt)),
    ...(graph.inputs.some(({ name }) => name === 'attention_mask') ? { attention_mask: mask } : {}),
  };
}

/** Scores of the characters, without that of the end. */
function scoresOf({ model: { vocabulary } }: TextGenerationProgram, outputs: Tensors): Tensor {
  const logits = named(outputs, 'logits');
  const width = logits.shape.at(-1) ?? 0;
  if (width === vocabulary || logits.type !== 'float32') return logits;
  const shape = [...logits.shape.slice(0, -1), vocabulary];
  return tensor(
    'float32',
    shape,
    logits.data.filter((_, index) => index % width < vocabulary),
  );
}

function tokensFor({ sizes }: TrialSettings, time: number, seed: number): TensorOf<'int32'> {
  return someTokens([sizes?.batch ?? batch, sizes?.time ?? time], seed);
}

/** State as it begins: caches without a past, counters and moments at zero, and parameters as the weights have them. */
function emptied(inputs: readonly NamedValue[], rows: number, weights: TrialSettings['weights'] = new Map()): Tensors {
  const entries = inputs.map(({ name, value: { type, shape } }): [string, Tensor] => {
    const sizes = shape.map((size) => (typeof size === 'number' ? size : size.startsWith('batch') ? rows : 0));
    const data = weights.get(name);
    if (data !== undefined) return [name, tensor('float32', sizes, data)];
    if (type === 'int64') return [name, tensor('int64', sizes, new BigInt64Array(elementCount(sizes)))];
    return [name, type === 'int32' ? zeroTensor('int32', sizes) : zeroTensor('float32', sizes)];
  });
  return Object.fromEntries(entries);
}

function named(outputs: Tensors, name: string): Tensor {
  const found = outputs[name];
  if (found === undefined) throw new Error(`It gives no ${name}.`);
  return found;
}
