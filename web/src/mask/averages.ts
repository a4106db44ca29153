import type { Tensors } from '../../../src/index.ts';
import { tensor } from '../../../src/index.ts';
import { zeroTensor } from '../../../src/parts.ts';
import type { DeviceChoice } from '../models/model-info.ts';
import type { Averages, Means, StageName } from './protocol.ts';
import { floats, largestDifference, sessionOf } from './sessions.ts';
import { stageFile } from './stages.ts';

/** Runs a step's graph. */
export async function runStage(name: StageName, device: DeviceChoice, feeds: Tensors): Promise<Tensors> {
  const session = await sessionOf(name, device, () => stageFile(name));
  return session.run(feeds);
}

/** Affinities (T × T) as the steps' graphs want them. */
export function affinitiesFeed(numbers: Float32Array): Tensors {
  const time = Math.sqrt(numbers.length);
  return { affinities: tensor('float32', [time, time], numbers) };
}

/** The steps with a matrix of zeros. @param text not empty */
export async function averagesOf(text: string, device: DeviceChoice): Promise<Averages> {
  const characters = [...text];
  const codePoints = characters.map((character) => character.codePointAt(0) ?? 0);
  const zeros = floats(
    await runStage('zeros', device, { characters: tensor('int32', [characters.length], codePoints) }),
    'zeros',
  );
  const feeds = affinitiesFeed(zeros);
  const { triangle, masked, weights } = {
    triangle: floats(await runStage('triangle', device, feeds), 'triangle'),
    masked: floats(await runStage('mask', device, feeds), 'masked'),
    weights: floats(await runStage('softmax', device, feeds), 'weights'),
  };
  const mean = await meansOf(characters, device, feeds);
  return { characters, zeros, triangle, masked, weights, distanceFromOne: distanceFromOne(weights), mean };
}

async function meansOf(characters: readonly string[], device: DeviceChoice, affinities: Tensors): Promise<Means> {
  const letters = [...new Set(characters)];
  const values = zeroTensor('float32', [characters.length, letters.length]);
  for (const [place, character] of characters.entries()) {
    values.data[place * letters.length + letters.indexOf(character)] = 1;
  }
  const straight = await runStage('meanByMatMul', device, { values });
  const soft = await runStage('meanBySoftmax', device, { ...affinities, values });
  const [byMatMul, bySoftmax] = [straight, soft].map((outputs) => ({
    weights: floats(outputs, 'weights'),
    means: floats(outputs, 'means'),
  })) as [Means['byMatMul'], Means['bySoftmax']];
  const difference = Math.max(
    largestDifference(byMatMul.weights, bySoftmax.weights),
    largestDifference(byMatMul.means, bySoftmax.means),
  );
  return { letters, values: values.data, byMatMul, bySoftmax, difference };
}

/** How far a row's sum is from 1, at most. @param weights T × T */
function distanceFromOne(weights: Float32Array): number {
  const time = Math.sqrt(weights.length);
  const sums = Array.from({ length: time }, (_, row) =>
    weights.subarray(row * time, (row + 1) * time).reduce((sum, weight) => sum + weight, 0),
  );
  return Math.max(...sums.map((sum) => Math.abs(sum - 1)));
}
