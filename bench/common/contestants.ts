import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PeerCommand } from './peer.ts';

/** A side of a comparison, before it is started. */
export interface Contestant {
  /** A short name. */
  readonly side: string;
  /** What it is, in words. */
  readonly label: string;
  readonly command: PeerCommand;
  /** The most turns that it takes: a few are enough of a side that is many times slower. Unset is all of them. */
  readonly turns?: number;
}

/** Who takes part, trilu first, and why who doesn't doesn't. */
export interface LineUp {
  readonly contestants: readonly Contestant[];
  /** A sentence for each one that is missing: why, and how to get it. */
  readonly absent: readonly string[];
}

/** A side that is a TypeScript file. @param script its URL */
export function typescriptSide(script: URL, given: readonly string[]): PeerCommand {
  return {
    program: process.execPath,
    arguments: ['--import', import.meta.resolve('tsx'), fileURLToPath(script), ...given],
  };
}

/** Names another Python whose PyTorch is compared with. */
const pythonVariable = 'TRILU_BENCH_PYTHON';

/** Debian's Python and what PyTorch needs beside it; with other builds of OpenBLAS it has been measured to be 4 times slower. */
const debian = {
  python: '/usr/bin/python3',
  torch: '/usr/lib/python3/dist-packages/torch/__init__.py',
  blas: '/usr/lib/x86_64-linux-gnu/openblas-openmp',
};

/** Why PyTorch is not there, and how to get it. */
export const torchAbsence = `PyTorch is not compared with, because it is missing: apt-get install python3-torch libopenblas0-openmp (or name a Python that has it in ${pythonVariable})`;

export function torchIsThere(): boolean {
  const named = process.env[pythonVariable];
  if (named !== undefined) return existsSync(named);
  return [debian.python, debian.torch, debian.blas].every((path) => existsSync(path));
}

/** A side that runs a Python script with PyTorch. @param script its URL */
export function torchSide(script: URL, given: readonly string[], threads: number): PeerCommand {
  const named = process.env[pythonVariable];
  return {
    ...pythonSide(script, given, named),
    environment: {
      OMP_NUM_THREADS: `${threads}`,
      ...(named === undefined ? { LD_LIBRARY_PATH: debian.blas } : {}),
    },
  };
}

/** A side that runs a Python script. @param script its URL */
export function pythonSide(script: URL, given: readonly string[], python: string = debian.python): PeerCommand {
  // -B: a module that is imported would leave its bytecode among the sources.
  return { program: python, arguments: ['-B', fileURLToPath(script), ...given] };
}

/** Whether there is a Python for sides that need no package. */
export function pythonIsThere(): boolean {
  return existsSync(debian.python);
}
