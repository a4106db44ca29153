import { expect } from 'vitest';
import { forwardProgram } from '../../../src/programs/index.ts';
import { generate } from '../../../src/runtime/generation/generate-tokens.ts';
import { type SamplingOptions, sample } from '../../../src/runtime/generation/sampling.ts';
import type { Session } from '../../../src/runtime/session.ts';
import { scalar, tensor } from '../../../src/runtime/tensor.ts';
import { numbersOf } from '../../support/compare.ts';
import { someTokens } from '../../support/tiny-ladder.ts';
import { exactly } from './exact.ts';
import type { Check, Subject } from './subject.ts';

/** The text passes the end of the block, where the window begins to move. */
const [blockSize, count] = [8, 8];
const prompt: readonly number[] = Array.from(someTokens([3], 4).data);
const sampling: SamplingOptions = { temperature: 0.9, topK: 8, topP: 0.95, seed: 11 };

/** The tokens that float64's logits give. */
function expectedOf({ model, weights }: Subject): number[] {
  const { graph } = forwardProgram(model);
  const context = [...prompt];
  for (let step = 0; step < count; step += 1) {
    const window = context.slice(-blockSize);
    const { logits = [] } = exactly(graph, { tokens: tensor('int32', [1, window.length], window) }, weights);
    context.push(sample(Float32Array.from(logits.slice(-11)), { ...sampling, step }));
  }
  return context.slice(prompt.length);
}

async function written(programs: { forward: Session } | { decode: Session }): Promise<number[]> {
  const tokens: number[] = [];
  for await (const token of generate({ ...programs, tokens: prompt, count, blockSize, sampling })) tokens.push(token);
  return tokens;
}

export const generation: Check = {
  what: 'a seed gives the tokens of float64, with and without a cache',
  async prove(subject) {
    const expected = expectedOf(subject);
    expect(await written({ forward: await subject.program('forward') })).toEqual(expected);
    if (subject.stage === 'bigram') return; // It has no cache.
    expect(await written({ decode: await subject.program('decode') })).toEqual(expected);
  },
};

export const generateProgram: Check = {
  what: 'the generate program writes the tokens of float64',
  async prove(subject) {
    const session = await subject.program('generate');
    const { generated } = await session.run({
      tokens: tensor('int32', [1, prompt.length], prompt),
      count: scalar('int32', count),
      temperature: scalar('float32', sampling.temperature ?? 1),
      top_k: scalar('int32', sampling.topK ?? 0),
      top_p: scalar('float32', sampling.topP ?? 1),
      seed: scalar('int32', sampling.seed ?? 0),
    });
    expect(numbersOf(generated)).toEqual(expectedOf(subject));
  },
};
