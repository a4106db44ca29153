import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const repository = resolve(import.meta.dirname, '..');

/** What the rules must catch: a file, what it imports, and the rule that says no. */
const violations: readonly [file: string, source: string, rule: string][] = [
  ['src/errors.ts', "export { seed } from './random/seed.ts';", 'layers: src/errors.ts'],
  ['src/graph/exports.ts', "import '../export/model.ts';", 'layers: src/graph'],
  [
    'src/graph/types.ts',
    "import type { Model } from '../../models/gpt.ts'; export type M = Model;",
    'layers: src/graph',
  ],
  ['src/runtime/lazy.ts', "export const load = () => import('../graph/value.ts');", 'layers: src/runtime'],
  ['src/runtime/trains.ts', "export * from '../train/loop.ts';", 'layers: src/runtime'],
  ['models/gpt.ts', "import '../src/train/loop.ts'; export type Model = number;", 'layers: models'],
  ['src/train/programs.ts', "import '../programs/forward.ts';", 'layers: src/train'],
  ['src/train/steps.ts', "import './trainer/loop.ts';", 'layers: src/train'],
  ['src/programs/trains.ts', "import '../train/trainer/loop.ts';", 'layers: src/programs'],
  ['src/export/tested.ts', "import '../../test/helper.ts';", 'layers: src/export'],
  ['src/text/measured.ts', "import '../../bench/clock.ts';", 'layers: src/text'],
  ['src/attic/old.ts', "import '../errors.ts';", 'layers: every file has a room'],
  [
    'src/graph/reads.ts',
    "import { readFileSync } from 'node:fs'; readFileSync('.');",
    'browser-safe rooms import nothing of Node',
  ],
  ['src/runtime/reads.ts', "export const load = () => import('node:fs');", 'browser-safe rooms import nothing of Node'],
  ['src/web.ts', "export * from './runtime/through.ts';", 'the browser entries reach nothing of Node'],
  ['src/text/parses.ts', "import 'protobufjs';", 'only src/onnx, src/tensorboard knows protobufjs'],
  [
    'src/cli/serves.ts',
    "import type { Tensor } from 'onnxruntime-node'; export type T = Tensor;",
    'only src/runtime/node knows onnxruntime-node',
  ],
  ['src/storage/tests.ts', "import 'vitest';", 'the library needs no development package'],
  ['src/random/seed.ts', "import './twin.ts'; export const seed = 1;", 'no cycles'],
  ['src/cli/act.ts', "import './commands/lazy.ts';", 'no cycles'],
  ['src/cli/knows.ts', "import './commands/lazy.ts';", 'a command is known to the command line alone'],
];

/** What stands around them, each allowed to be as it is. */
const surroundings: readonly [file: string, source: string][] = [
  ['src/random/twin.ts', "import './seed.ts';"],
  ['src/graph/value.ts', "import { seed } from '../random/seed.ts'; export const value = seed;"],
  ['src/export/model.ts', "import '../graph/value.ts'; import '../onnx/codec.ts';"],
  ['src/onnx/codec.ts', "import 'protobufjs';"],
  ['src/train/loop.ts', "import '../graph/value.ts';"],
  [
    'src/train/trainer/loop.ts',
    "import '../../export/model.ts'; import '../../runtime/session.ts'; import '../../programs/forward.ts'; import '../loop.ts';",
  ],
  ['src/runtime/session.ts', "import '../random/seed.ts';"],
  ['src/runs/run-directory.ts', "import '../train/trainer/loop.ts'; import 'node:fs';"],
  ['src/model/model.ts', "import '../graph/value.ts';"],
  ['src/programs/forward.ts', "import '../model/model.ts';"],
  ['src/runtime/through.ts', "import './node/open.ts';"],
  ['src/runtime/node/open.ts', "import 'node:fs'; import 'onnxruntime-node';"],
  ['test/helper.ts', "import '../src/cli/main.ts';"],
  ['bench/clock.ts', "import '../src/graph/value.ts';"],
  ['src/cli/command-line.ts', "import 'commander';"],
  ['src/cli/commands/lazy.ts', "export const act = () => import('../act.ts');"],
  [
    'src/cli/main.ts',
    "import 'node:path'; import './command-line.ts'; import '../train/trainer/loop.ts'; import '../../bench/clock.ts';",
  ],
];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

let folder = '';
let found: readonly Violation[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trilu-imports-'));
  for (const [file, source] of [...violations, ...surroundings]) {
    const path = join(folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, source);
  }
  await cp(join(repository, 'package.json'), join(folder, 'package.json'));
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'));
  found = await violationsIn(folder, ['src', 'models', 'test', 'bench']);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs dependency-cruiser with the repository's rules in a folder. */
function violationsIn(cwd: string, paths: readonly string[]): Promise<readonly Violation[]> {
  const tool = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const rules = join(repository, '.dependency-cruiser.cjs');
  return new Promise((settle, reject) => {
    const args = [tool, '--config', rules, '--output-type', 'json', ...paths];
    execFile(process.execPath, args, { cwd, maxBuffer: 2 ** 26 }, (error, stdout) => {
      if (stdout === '') reject(error);
      else settle(JSON.parse(stdout).summary.violations);
    });
  });
}

describe('the import rules', () => {
  it.each(violations)('catch %s: %s', (file, _source, rule) => {
    expect(found.filter(({ from }) => from === file).map((violation) => violation.rule.name)).toContain(rule);
  });

  it('say nothing about what is allowed', () => {
    const guilty = new Set(violations.map(([file]) => file));
    const others = found.filter(({ from, rule }) => !guilty.has(from) && rule.name !== 'no cycles');
    expect(others).toEqual([]);
  });
});
