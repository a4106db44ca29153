import { basename } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Tensor, Tensors } from '../../src/runtime/tensor.ts';
import { distance, numbersOf } from '../../test/support/compare.ts';

/** What came of a file with a consumer. */
export interface Cell {
  readonly verdict: Verdict;
  /** Why, in a sentence, where the verdict needs it. */
  readonly note?: string;
}

/**
 * - `equal`: all numbers are those they should be, up to `equalWithin`; whole numbers and text exactly.
 * - `close`: up to `closeWithin`, which is what rounding at other places does to float16 and to whole numbers.
 * - `runs`: there is nothing to compare with.
 * - `valid`: it is as it should be; nothing was run.
 * - `–`: not for this consumer.
 */
export type Verdict = 'equal' | 'close' | 'runs' | 'valid' | 'differs' | 'fails' | '–';

/** Differences are told as parts of the largest number of an output. */
export const equalWithin = 1e-4;
export const closeWithin = 5e-2;

/** Compares what a file gave with what it should give. @param shared only outputs of one name and shape, of which there must be one */
export function compared(actual: Tensors, expected: Tensors, shared = false): Cell {
  const wanted = Object.entries(expected).filter(([name, tensor]) => !shared || sameShape(actual[name], tensor));
  if (wanted.length === 0) return { verdict: 'fails', note: 'It gives nothing of what is expected.' };
  let largest = 0;
  for (const [name, tensor] of wanted) {
    const given = actual[name];
    if (given === undefined) return { verdict: 'fails', note: `It gives no ${name}.` };
    if (!sameShape(given, tensor)) {
      return { verdict: 'fails', note: `Its ${name} is [${given.shape}], not [${tensor.shape}].` };
    }
    largest = Math.max(largest, difference(given, tensor));
  }
  if (largest <= equalWithin) return { verdict: 'equal' };
  return { verdict: largest <= closeWithin ? 'close' : 'differs' };
}

function sameShape(left: Tensor | undefined, right: Tensor): boolean {
  return left !== undefined && `${left.shape}` === `${right.shape}`;
}

/** The largest difference as a part of the largest number; infinite where whole numbers differ. */
function difference(given: Tensor, wanted: Tensor): number {
  const [actual, expected] = [numbersOf(given), numbersOf(wanted)];
  const apart = distance(actual, expected);
  if (!wanted.type.startsWith('float')) return apart === 0 ? 0 : Number.POSITIVE_INFINITY;
  const finite = expected.filter(Number.isFinite).map(Math.abs);
  const largest = finite.reduce((most, number) => Math.max(most, number), 0);
  return apart === 0 ? 0 : apart / largest;
}

/** The verdict on what a consumer threw. @param path the file's, which the message may name */
export function failure(error: unknown, path: string): Cell {
  return { verdict: 'fails', note: firstSentence(error instanceof Error ? error.message : String(error), path) };
}

/**
 * What a message says first, without what is only true of this machine and this moment. ONNX Runtime's says what was the matter at the
 * end, after the place in its own sources.
 */
export function firstSentence(message: string, path: string): string {
  const text = stripVTControlCharacters(message)
    .replaceAll(path, basename(path))
    .replace(/^.*Status Message: /s, '')
    .replace(/^.*Load model from \S+ failed:\s*(?:Invalid model\. )?/s, '')
    .replace(/^\S+\.(?:cc|h):\d+ (?:[A-Z]\w* (?=[A-Z]))?/, '')
    .replace(/ *==> .*$/s, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const [first = text] = text.split(/(?<=[^.][.!?]) (?=[A-Z])/);
  return first.length > 240 ? `${first.slice(0, 239)}…` : first;
}
