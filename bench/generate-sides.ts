import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GenerateWorkload } from './generate-files.ts';
import type { GenerateWork } from './generate-side.ts';
import { formsOf, generateFileIn } from './generate-workload.ts';
import type { PeerCommand } from './peer.ts';

/** A side of the comparison, before it is started. */
export interface Contestant {
  /** A short name. */
  readonly side: string;
  /** What it is, in words. */
  readonly label: string;
  readonly works: readonly GenerateWork[];
  readonly command: PeerCommand;
}

/** Debian's Python and what PyTorch needs beside it, as in the comparison of training. */
const debian = {
  python: '/usr/bin/python3',
  torch: '/usr/lib/python3/dist-packages/torch/__init__.py',
  blas: '/usr/lib/x86_64-linux-gnu/openblas-openmp',
};

/** Says where node-llama-cpp is: its own folder, or one that it was installed in. */
const llamaVariable = 'TRILU_BENCH_LLAMA';

/** trilu's sides; the first one that does a piece of work is what the others are compared with. */
const ours = [
  ['generate', 'trilu, generate program', 'decode'],
  ['forward', 'trilu, forward program', 'prefill'],
  ['host-loop', 'trilu, decode program in a loop', 'decode'],
  ['host-loop-in-worker', 'the same, in a worker thread', 'decode'],
  ['raw-steps', 'ONNX Runtime alone, decode program', 'decode'],
] as const satisfies readonly (readonly [side: string, label: string, work: GenerateWork])[];

/** What takes part on this machine with so many threads, trilu first. */
export function contestants(folder: string, threads: number, { dtype }: GenerateWorkload): Contestant[] {
  const llama = llamaFolder();
  const libraries = llama === undefined ? undefined : llamaLibraries(llama);
  return [
    ...ours.map(
      ([side, label, work]): Contestant => ({
        side,
        label,
        works: [work],
        command: typescript('./generate-trilu.ts', [folder, `${threads}`, side]),
      }),
    ),
    ...formsOf(dtype).map((form): Contestant => {
      const name = form.form === undefined ? form.dtype : `${form.dtype} by ${form.form}`;
      return {
        side: `generate-${name.replace(' by ', '-')}`,
        label: `trilu, generate program, ${name}`,
        works: ['decode'],
        command: typescript('./generate-trilu.ts', [folder, `${threads}`, 'generate', generateFileIn(form)]),
      };
    }),
    ...(torchIsThere() ? [torchSide(folder, threads)] : []),
    ...(libraries === undefined ? [] : [directLlamaSide(folder, threads, libraries)]),
    ...(llama === undefined ? [] : [llamaSide(folder, threads, llama)]),
  ];
}

/** Why a side does not take part, and how to get it. */
export function absentSides(): string[] {
  return [
    ...(torchIsThere()
      ? []
      : ['PyTorch is not compared with, because it is missing: apt-get install python3-torch libopenblas0-openmp']),
    ...(llamaFolder() === undefined
      ? [
          `llama.cpp is not compared with, because node-llama-cpp is missing: run \`npm install --ignore-scripts node-llama-cpp\` in any folder and name that folder in ${llamaVariable}`,
        ]
      : []),
  ];
}

function torchSide(folder: string, threads: number): Contestant {
  const path = fileURLToPath(new URL('./torch/generate.py', import.meta.url));
  return {
    side: 'torch',
    label: 'PyTorch',
    works: ['decode', 'prefill'],
    command: {
      program: debian.python,
      // -B: a module that is imported would leave its bytecode among the sources.
      arguments: ['-B', path, folder, `${threads}`],
      environment: { LD_LIBRARY_PATH: debian.blas, OMP_NUM_THREADS: `${threads}` },
    },
  };
}

function torchIsThere(): boolean {
  return [debian.python, debian.torch, debian.blas].every((path) => existsSync(path));
}

function llamaSide(folder: string, threads: number, library: string): Contestant {
  return {
    side: 'llama',
    label: 'llama.cpp through node-llama-cpp',
    works: ['decode', 'prefill'],
    command: typescript('./generate-llama.ts', [folder, `${threads}`, library]),
  };
}

/** llama.cpp without JavaScript around it, which costs it time at each character, and more of it where that is short of a core. */
function directLlamaSide(folder: string, threads: number, libraries: string): Contestant {
  const path = fileURLToPath(new URL('./llama/generate.py', import.meta.url));
  return {
    side: 'llama-direct',
    label: 'llama.cpp',
    works: ['decode', 'prefill'],
    command: { program: debian.python, arguments: ['-B', path, folder, `${threads}`, libraries] },
  };
}

/** Where the package's libraries for this machine are; undefined where Python, or what is known to work with it, is not. */
function llamaLibraries(llama: string): string | undefined {
  const libraries = join(llama, '..', '@node-llama-cpp', 'linux-x64', 'bins', 'linux-x64');
  const isHere = process.platform === 'linux' && process.arch === 'x64';
  return isHere && existsSync(debian.python) && existsSync(libraries) ? libraries : undefined;
}

function llamaFolder(): string | undefined {
  const named = process.env[llamaVariable];
  const clone = fileURLToPath(new URL('..', import.meta.url));
  const candidates = [...(named === undefined ? [] : [named, installed(named)]), installed(clone)];
  return candidates.find((folder) => existsSync(join(folder, 'dist', 'bindings', 'getLlama.js')));
}

function installed(folder: string): string {
  return join(folder, 'node_modules', 'node-llama-cpp');
}

function typescript(script: string, given: readonly string[]): PeerCommand {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return { program: process.execPath, arguments: ['--import', import.meta.resolve('tsx'), path, ...given] };
}
