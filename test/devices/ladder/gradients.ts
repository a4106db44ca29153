import { expect } from 'vitest';
import { gradients as gradientsOf } from '../../../src/graph/gradients.ts';
import { type Graph, input } from '../../../src/graph/index.ts';
import type { ConfiguredModel } from '../../../src/model/index.ts';
import { parametersOf } from '../../../src/programs/parameters.ts';
import { programGraph } from '../../../src/programs/program-graph.ts';
import { crossEntropy } from '../../../src/train/cross-entropy.ts';
import { formulatedGradients } from '../../../src/train/formulations/index.ts';
import { distance, numbersOf } from '../../support/compare.ts';
import { norm, relativeError } from '../../support/interpreter-differences.ts';
import { someTokens } from '../../support/tiny-ladder.ts';
import { determined } from './determined.ts';
import { exactly } from './exact.ts';
import type { Check } from './subject.ts';
import { expectWithin } from './within.ts';

/** tokens and targets → the loss, and its gradient by every parameter under the parameter's name. */
function gradientGraph(model: ConfiguredModel): Graph {
  const tokens = input('tokens', 'int32', ['batch', 'time']);
  const targets = input('targets', 'int32', ['batch', 'time']);
  const loss = crossEntropy(model.logits(tokens), targets);
  const parameters = parametersOf(loss);
  const leaves = parameters.map(({ value }) => value);
  const slopes = formulatedGradients(loss, gradientsOf(loss, leaves));
  const outputs = slopes.map((value, index) => ({ name: `gradient.${parameters[index]?.name}`, value }));
  return programGraph({
    name: 'gradients',
    inputs: { tokens, targets },
    outputs: [{ name: 'loss', value: loss }, ...outputs],
  });
}

export const gradients: Check = {
  what: 'the gradient of every parameter is that of float64',
  async prove(subject) {
    const feeds = { tokens: someTokens([2, 8], 1), targets: someTokens([2, 8], 2) };
    const graph = gradientGraph(subject.model);
    const session = await subject.graph(graph);
    const { loss, ...slopes } = await session.run(feeds);
    const { loss: exactLoss, ...expected } = exactly(graph, feeds, subject.weights);
    expectWithin(distance(numbersOf(loss), exactLoss ?? []), subject.tolerance.losses, 'loss');
    expect(Object.keys(slopes)).toEqual([...subject.weights.keys()].map((name) => `gradient.${name}`));
    for (const [name, slope] of Object.entries(expected)) {
      const wanted = determined(name, slope);
      expect(norm(wanted), name).toBeGreaterThan(1e-6);
      const error = relativeError(determined(name, numbersOf(slopes[name])), wanted);
      expectWithin(error, subject.tolerance.gradients, name);
    }
  },
};
