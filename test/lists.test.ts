import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { highestOpset, lowestOpset } from '../src/export/opsets.ts';
import { programNames } from '../src/programs/program.ts';
import { nodeDevices } from '../src/runtime/devices/node/node-devices.ts';
import { webDevices } from '../src/runtime/devices/web/web-devices.ts';

const repository = resolve(import.meta.dirname, '..');
const deviceNames = new Set([nodeDevices, webDevices].flatMap(({ choices }) => choices));

/** The lists of names in a source text: elements of an array, members of a union. */
function listsIn(source: string): readonly (readonly string[])[] {
  const lists = source.matchAll(/(?:(['"])[\w-]+\1\s*[,|]\s*)+(['"])[\w-]+\2/g);
  return [...lists].map(([list]) => [...list.matchAll(/['"]([\w-]+)['"]/g)].map(([, name = '']) => name));
}

const isDeviceList = (list: readonly string[]): boolean =>
  new Set(list).size > 2 && list.every((name) => deviceNames.has(name));
const isProgramList = (list: readonly string[]): boolean => programNames.every((name) => list.includes(name));
const hasOpsetRange = (source: string): boolean =>
  source.split('\n').some((line) => line.includes(`${lowestOpset}`) && line.includes(`${highestOpset}`));

/** Files in whose code, comments aside, a list is found. */
function filesWhere(found: (source: string) => boolean): readonly string[] {
  return ['src', 'models', 'web/src', 'bench', 'scripts'].flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => join(folder, file))
      .filter((file) => found(readFileSync(join(repository, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''))),
  );
}

describe('a list that is written once', () => {
  test('the devices', () => {
    expect(filesWhere((source) => listsIn(source).some(isDeviceList))).toEqual([]);
  });

  test('the programs', () => {
    expect(filesWhere((source) => listsIn(source).some(isProgramList))).toEqual(['src/programs/program.ts']);
  });

  test('the opsets', () => {
    // opsets.ts has them in two lines; the other file measures other tools with some opsets of the range.
    expect(filesWhere(hasOpsetRange)).toEqual(['scripts/compatibility/forms.ts']);
  });

  test.each<[string, boolean]>([
    ["const devices = ['auto', 'cpu', 'cuda', 'webgpu', 'wasm'];", true],
    ["type Device = 'cpu' | 'webgpu'\n  | 'wasm';", true],
    ["const machine = ['--device', 'cpu', '--threads', '1'];", false],
    ["const programs = ['forward', 'decode', 'generate', 'evaluate', 'train'];", true],
    ["const writing = ['forward', 'decode', 'generate'];", false],
  ])('is found where it is repeated: %s', (source, expected) => {
    expect(listsIn(source).some((list) => isDeviceList(list) || isProgramList(list))).toBe(expected);
  });
});
