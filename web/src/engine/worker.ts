/**
 * The engine: everything that takes its time happens in here, so that the page never stands still. What it can do comes in groups, each
 * fetched with the first call of one of its own: a view fetches no other view's code.
 */
import { expose } from 'comlink';
import type { insideCalls } from '../inside/calls.ts';
import type { maskCalls } from '../mask/calls.ts';
import type { modelCalls } from '../models/calls.ts';
import type { trainCalls } from '../train/calls.ts';
import type { writeCalls } from '../write/calls.ts';
import { setPageAddress } from './address.ts';

type ModelCalls = typeof modelCalls;
type MaskCalls = typeof maskCalls;
type WriteCalls = typeof writeCalls;
type TrainCalls = typeof trainCalls;
type InsideCalls = typeof insideCalls;

/** What the page may ask of the engine. */
export interface Engine extends ModelCalls, MaskCalls, WriteCalls, TrainCalls, InsideCalls {
  setPageAddress(address: string): void;
}

type Calls = Readonly<Record<string, (...given: unknown[]) => unknown>>;

/** A call of each name that fetches the group and hands on. @param names all calls of the group */
function lazily<Group extends object>(names: Readonly<Record<keyof Group, true>>, load: () => Promise<Group>): Calls {
  return Object.fromEntries(
    Object.keys(names).map((name) => [
      name,
      async (...given: unknown[]): Promise<unknown> => {
        const group = await load();
        const call: unknown = Reflect.get(group, name);
        if (typeof call !== 'function') throw new TypeError(`the engine has no call ${name}`);
        return Reflect.apply(call, group, given);
      },
    ]),
  );
}

const groups: readonly Calls[] = [
  lazily<ModelCalls>(
    { devices: true, models: true, model: true, takeModel: true },
    async () => (await import('../models/calls.ts')).modelCalls,
  ),
  lazily<MaskCalls>(
    { maskStages: true, maskAverages: true, maskAffinities: true, maskFile: true },
    async () => (await import('../mask/calls.ts')).maskCalls,
  ),
  lazily<WriteCalls>(
    { write: true, stopWriting: true, attention: true },
    async () => (await import('../write/calls.ts')).writeCalls,
  ),
  lazily<TrainCalls>(
    {
      stageSettings: true,
      runs: true,
      history: true,
      newRun: true,
      takeRun: true,
      train: true,
      pauseTraining: true,
      removeRun: true,
      programFile: true,
      runZip: true,
    },
    async () => (await import('../train/calls.ts')).trainCalls,
  ),
  lazily<InsideCalls>(
    {
      graphStages: true,
      openGraph: true,
      graphScene: true,
      graphDetails: true,
      findInGraph: true,
      graphFile: true,
    },
    async () => (await import('../inside/calls.ts')).insideCalls,
  ),
];

expose(Object.assign({ setPageAddress }, ...groups));
