import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

/** What is known of this machine without loading anything native: a look at a few files. */
export interface Machine {
  /** Node's names: `linux`, `darwin`, `win32` …; `x64`, `arm64` …. */
  readonly platform: string;
  readonly architecture: string;
  /** The file that onnxruntime-node is loaded by; undefined where it is not installed. */
  readonly runtime: string | undefined;
  /** GPUs as the system's device files show them, such as `/dev/nvidia0`; undefined where it has none to look at. */
  gpuFiles(): Promise<readonly string[] | undefined>;
}

/** The device files of GPUs on Linux, by folder: NVIDIA's driver, any other driver, Windows' GPU inside WSL. */
const gpuFolders: readonly (readonly [string, RegExp])[] = [
  ['/dev', /^(nvidia\d+|dxg)$/],
  ['/dev/dri', /^renderD\d+$/],
];

/** The machine that this runs on. */
export const thisMachine: Machine = {
  platform: platform(),
  architecture: arch(),
  get runtime() {
    return resolveModule('onnxruntime-node');
  },
  async gpuFiles() {
    if (platform() !== 'linux') return undefined;
    const found = gpuFolders.map(async ([folder, names]) => {
      const all = await readdir(folder).catch(() => []);
      return all.filter((name) => names.test(name)).map((name) => join(folder, name));
    });
    return (await Promise.all(found)).flat();
  },
};

/** The file that a module is loaded by; undefined where it is not installed. */
export function resolveModule(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch {
    return undefined;
  }
}

/** The package folder of onnxruntime-node. */
function packageFolder(runtime: string): string {
  return resolve(dirname(runtime), '..');
}

/** Whether onnxruntime-node's library for CUDA is there, which its install script fetches and its package lacks. */
export function hasCudaLibrary({ runtime, platform: system, architecture }: Machine): boolean {
  if (runtime === undefined) return false;
  const name = system === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
  return existsSync(join(packageFolder(runtime), 'bin/napi-v6', system, architecture, name));
}

/** The command that fetches onnxruntime-node's library for CUDA. */
export function installCudaCommand({ runtime }: Machine): string {
  const folder = runtime === undefined ? 'node_modules/onnxruntime-node' : packageFolder(runtime);
  const near = relative('', folder);
  return `ONNXRUNTIME_NODE_INSTALL=1 node ${join(near.startsWith('..') ? folder : near, 'script/install.js')}`;
}
