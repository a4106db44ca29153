import { describe, expect, test } from 'vitest';
import { configFromJson } from '../../src/model-directory/config.ts';
import { decodeModel } from '../../src/onnx/codec.ts';
import { makeProgram, modelParameters, type ProgramName, programNames } from '../../src/programs/index.ts';
import type { ValueDescription } from '../../src/runtime/session.ts';
import { elementCount, scalar, type Tensors, tensor } from '../../src/runtime/tensor.ts';
import { problemsOf } from '../support/check-graph.ts';
import { numbersOf, openFile } from '../support/run-graph.ts';
import {
  someOptimizer,
  someTokens,
  strongWeights,
  tinyFile,
  tinyModel,
  tinyStages,
  trainingState,
} from '../support/tiny-ladder.ts';

const [batch, time, steps] = [2, 5, 3];

/** One feed for every input a program may have, by the contract's names. */
const feedsOf: Readonly<Record<ProgramName, Tensors>> = {
  forward: { tokens: someTokens([batch, time]) },
  decode: { tokens: someTokens([batch, time]) },
  generate: {
    tokens: someTokens([batch, time]),
    count: scalar('int32', 4),
    temperature: scalar('float32', 1),
    top_k: scalar('int32', 5),
    top_p: scalar('float32', 0.9),
    seed: scalar('int32', 7),
  },
  evaluate: { tokens: someTokens([batch, time]), targets: someTokens([batch, time], 1) },
  train: {
    tokens: someTokens([steps, batch, time]),
    targets: someTokens([steps, batch, time], 1),
    learning_rate: tensor('float32', [steps], [1e-3, 1e-3, 1e-3]),
    seed: scalar('int32', 7),
  },
};

describe.each(tinyStages)('%s', (stage) => {
  const model = tinyModel(stage, { dropout: stage === 'gpt' ? 0.2 : 0, layers: 1 });
  const weights = strongWeights(model);

  test.each(programNames)('%s loads and runs at every opset, with finite numbers', async (name) => {
    const more = stage === 'gpt' ? [26] : [];
    const opsets = name === 'train' ? [18, ...more] : [17, 18, ...more]; // training graphs take long to load
    for (const opset of opsets) {
      const session = await openFile(tinyFile(name, model, { weights, opset }));
      expect(session.program.program).toBe(name);
      expect(session.program.opset).toBe(opset);
      if (name === 'train') await session.setState(trainingState(session.program, weights));
      const results = await session.step(feedsOf[name]);
      for (const [output, result] of Object.entries(results)) {
        expect(elementCount(result.shape), `${output} at opset ${opset}`).toBeGreaterThan(0);
        expect(numbersOf(result).every(Number.isFinite), `${output} at opset ${opset}`).toBe(true);
      }
      await session.dispose();
    }
  });

  test.each(programNames)('%s defines every name once and before it is used', (name) => {
    const { graph } = makeProgram(name, model, { optimizer: someOptimizer, taps: ['attention'] });
    expect(problemsOf(graph)).toEqual([]);
  });
});

describe('the contract', () => {
  const model = tinyModel('gpt', { layers: 1, bias: false });
  const parameters = modelParameters(model).map(({ name }) => name);
  const state = ['step', ...parameters.flatMap((name) => [name, `${name}.exp_avg`, `${name}.exp_avg_sq`])];
  const shapes = (values: readonly ValueDescription[]): string[] =>
    values.map(({ name, type, shape }) => `${name}: ${type} [${shape.join(', ')}]`);

  test.each<[ProgramName, inputs: string[], outputs: string[]]>([
    ['forward', ['tokens: int32 [batch, time]'], ['logits: float32 [batch, time, 11]']],
    [
      'decode',
      [
        'tokens: int32 [batch, time]',
        'cache.0.key: float32 [batch, 2, past, 8]',
        'cache.0.value: float32 [batch, 2, past, 8]',
      ],
      [
        'logits: float32 [batch, time, 11]',
        'next.cache.0.key: float32 [batch, 2, past + time, 8]',
        'next.cache.0.value: float32 [batch, 2, past + time, 8]',
      ],
    ],
    [
      'generate',
      [
        'tokens: int32 [batch, time]',
        'count: int32 []',
        'temperature: float32 []',
        'top_k: int32 []',
        'top_p: float32 []',
        'seed: int32 []',
      ],
      ['generated: int32 [batch, count]'],
    ],
    ['evaluate', ['tokens: int32 [batch, time]', 'targets: int32 [batch, time]'], ['loss: float32 []']],
  ])('%s has the names, types and shapes that tools rely on', async (name, inputs, outputs) => {
    const session = await openFile(tinyFile(name, model));
    expect(shapes(session.program.inputs)).toEqual(inputs);
    expect(shapes(session.program.outputs)).toEqual(outputs);
    await session.dispose();
  });

  test('forward shows attention as attention.{layer} on demand', async () => {
    const session = await openFile(tinyFile('forward', model, { taps: ['attention'] }));
    expect(shapes(session.program.outputs)).toEqual([
      'logits: float32 [batch, time, 11]',
      'attention.0: float32 [batch, 2, time, time]',
    ]);
    await session.dispose();
  });

  test('train: the batches, the seed, and the state, each with a next.* of its shape', async () => {
    const session = await openFile(tinyFile('train', model));
    const { program } = session;
    const fed = [
      'tokens: int32 [steps, batch, time]',
      'targets: int32 [steps, batch, time]',
      'learning_rate: float32 [steps]',
      'seed: int32 []',
    ];
    expect(shapes(program.inputs).slice(0, 5)).toEqual([...fed, 'step: int32 []']);
    expect(program.inputs.slice(4).map(({ name }) => name)).toEqual(state);
    expect(shapes(program.outputs).slice(0, 2)).toEqual(['loss: float32 [steps]', 'gradient_norm: float32 [steps]']);
    expect(shapes(program.outputs.slice(2))).toEqual(shapes(program.inputs.slice(4)).map((text) => `next.${text}`));
    expect(program.state).toEqual(state.map((input) => ({ input, output: `next.${input}` })));
    expect(program.inputs.find(({ name }) => name === 'transformer.h.0.attn.c_attn.weight.exp_avg_sq')?.shape).toEqual([
      16, 48,
    ]);
    await session.dispose();
  });

  test('train holds no weights, the other programs hold each parameter once', () => {
    for (const name of programNames) {
      const { graph } = makeProgram(name, model, { optimizer: someOptimizer });
      expect(graph.parameters.map((parameter) => parameter.name).sort()).toEqual(
        name === 'train' ? [] : [...parameters].sort(),
      );
    }
  });

  test.each(programNames)('%s says in its metadata all that is needed to run it', (name) => {
    const file = decodeModel(tinyFile(name, model));
    const metadata = Object.fromEntries((file.metadataProps ?? []).map(({ key = '', value = '' }) => [key, value]));
    expect(metadata['trilu.program']).toBe(name);
    expect(configFromJson(JSON.parse(metadata['trilu.config'] ?? ''), 'metadata')).toEqual(model);
    expect(JSON.parse(metadata['trilu.vocabulary'] ?? '')).toEqual(Array.from('abcdefghijk'));
    const pairs: { input: string; output: string }[] = JSON.parse(metadata['trilu.state'] ?? '');
    const inputs = file.graph?.input?.map((input) => input.name) ?? [];
    const outputs = file.graph?.output?.map((output) => output.name) ?? [];
    expect(pairs).toHaveLength(name === 'train' ? state.length : name === 'decode' ? 2 : 0);
    expect(pairs.filter(({ input, output }) => !inputs.includes(input) || !outputs.includes(output))).toEqual([]);
    expect(file.producerName).toBe('trilu');
    expect(file.docString).toMatch(/^gpt: ./);
  });
});
