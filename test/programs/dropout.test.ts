import { describe, expect, it } from 'vitest';
import { exportProgram } from '../../src/export/export-program.ts';
import { input, nodesBefore, type Value } from '../../src/graph/index.ts';
import { decodeModelFields } from '../../src/onnx/codec.ts';
import { logitsWithDropout } from '../../src/programs/dropout.ts';
import { trainProgram } from '../../src/programs/train-program.ts';
import { someOptimizer, tinyModel } from '../support/tiny-ladder.ts';

/** Every operator of a training file, bodies of loops included. */
function operatorsOf(stage: string, dropout: number): string[] {
  const model = tinyModel(stage, { dropout });
  const file = exportProgram(trainProgram(model, { optimizer: someOptimizer }), { weights: new Map() });
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
      if ('opType' in value && typeof value.opType === 'string') found.push(value.opType);
      Object.values(value).forEach(visit);
    }
  };
  visit(decodeModelFields(file, 'the file'));
  return found;
}

/** How many dropouts a model has: each compares random bits with a threshold, which nothing else in it does. */
function sitesOf(stage: string): number {
  const source = { seed: input('seed', 'int32', []), step: input('step', 'int32', []) };
  const logits: Value = logitsWithDropout(
    tinyModel(stage, { dropout: 0.2 }),
    input('tokens', 'int32', ['batch', 'time']),
    source,
  );
  return nodesBefore([logits]).filter(({ operator }) => operator.name === 'GreaterOrEqual').length;
}

describe('where a model drops', () => {
  it.each([
    ['gpt', 1 + 2 * 3, 'its embedding, and in each of two layers attention and both that join the residual stream'],
    ['layer-norm', 2 * (2 + 2), 'in each of two layers both heads and both that join the residual stream'],
    ['head', 1, 'its attention'],
    ['bigram', 0, 'nothing'],
  ])('%s: at %i sites: %s', (stage, sites) => {
    expect(sitesOf(stage)).toBe(sites);
  });
});

it.each(['gpt', 'layer-norm'])(
  'the training file of %s has no Random operator, and no node for a rate of 0',
  (stage) => {
    const operators = operatorsOf(stage, 0.2);
    expect(operators).toContain('GreaterOrEqual');
    expect(operators.filter((name) => /Random|Bernoulli|Multinomial|Dropout/.test(name))).toEqual([]);
    expect(operatorsOf(stage, 0)).not.toContain('GreaterOrEqual');
  },
);
