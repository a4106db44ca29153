import type { Session, Tensors } from '../../../src/index.ts';
import { openHere } from '../engine/open.ts';
import type { DeviceChoice } from '../models/model-info.ts';

const sessions = new Map<string, Promise<Session>>();

/** The session of a graph: opened with its first use, and kept, since a graph takes texts of every length. */
export function sessionOf(name: string, device: DeviceChoice, file: () => Uint8Array): Promise<Session> {
  const key = `${name} on ${device}`;
  const known = sessions.get(key);
  if (known !== undefined) return known;
  const opening = openHere(file(), { device });
  sessions.set(key, opening);
  opening.catch(() => sessions.delete(key));
  return opening;
}

/** A float32 output. */
export function floats(outputs: Tensors, name: string): Float32Array {
  const output = outputs[name];
  if (output?.type !== 'float32') throw new TypeError(`the graph has no float32 output ${name}`);
  return output.data;
}

/** The largest difference between two tensors of one shape; NaN where only one of two elements is finite, or one is not a number. */
export function largestDifference(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) throw new TypeError(`${one.length} elements can't be compared with ${other.length}`);
  return one.reduce((most, element, index) => {
    const against = other[index] ?? Number.NaN;
    return element === against ? most : Math.max(most, Math.abs(element - against));
  }, 0);
}
