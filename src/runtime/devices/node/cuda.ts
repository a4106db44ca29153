import { isMainThread } from 'node:worker_threads';
import { UserError } from '../../../errors.ts';
import type { AbsenceRow } from '../../device-report.ts';
import { hasCudaLibrary, installCudaCommand, type Machine } from '../../node/machine.ts';
import type { CudaOptions, OpenOptions } from '../../session.ts';
import type { Absence } from '../device.ts';
import { gpuTolerance } from '../tolerance.ts';
import { nvidiaGpus } from './gpus.ts';
import type { NodeDevice } from './node-device.ts';

/** The library of CUDA that a version number can be read from: `libcublasLt.so.12` belongs to CUDA 12. */
const versioned = /^lib(cublas|cublasLt|cudart|nvrtc)\.so\.(\d+)/;

/** Why CUDA can't be used, by what ONNX Runtime and CUDA say; the missing library stands in the log only. */
const absences: readonly AbsenceRow[] = [
  {
    said: /\[cuda\] backend not found/,
    means: () => ({
      reason: 'onnxruntime-node has no CUDA for this system',
      remedy: 'use Linux on x64, where it has',
    }),
  },
  {
    said: /libcuda\.so\.1: cannot open shared object file/,
    means: () => ({
      reason: "NVIDIA's driver is missing (libcuda.so.1)",
      remedy:
        "install it, so that `nvidia-smi` lists the GPU; a container must be started with NVIDIA's container toolkit " +
        '(`docker run --gpus all`)',
    }),
  },
  {
    said: /libonnxruntime_providers_shared\.so: cannot open shared object file/,
    means: () => ({
      reason:
        'the CUDA library of onnxruntime-node is there only in part (libonnxruntime_providers_shared.so is missing)',
      remedy: 'run the install script of onnxruntime-node again',
    }),
  },
  {
    said: /(libcudnn\S*?\.so[.\d]*)\b.*(cannot open|not found|could not|failed)/i,
    means: ([, library]) => ({
      reason: `cuDNN is missing (${library})`,
      remedy: 'install cuDNN 9 for your version of CUDA, and name its folder in LD_LIBRARY_PATH or to ldconfig',
    }),
  },
  {
    said: /\b(lib[\w-]+\.so[.\d]*): cannot open shared object file/,
    means: ([, library = '']) => {
      const version = versioned.exec(library)?.[2];
      return {
        reason: `a library of CUDA${version === undefined ? '' : ` ${version}`} is missing (${library})`,
        remedy:
          `install the CUDA ${version === undefined ? 'toolkit' : `${version} toolkit`} and cuDNN 9, ` +
          'and name their folders in LD_LIBRARY_PATH or to ldconfig',
      };
    },
  },
  {
    said: /LoadLibrary failed with error (\d+)/,
    means: ([, code]) => ({
      reason: `the CUDA library of onnxruntime-node, or one that it needs, could not be loaded (error ${code})`,
      remedy: 'install the CUDA toolkit and cuDNN 9, and name their bin folders in PATH',
    }),
  },
  {
    said: /with error: .*?(undefined symbol: \S+|file too short|invalid ELF header|version `\S+' not found)/,
    means: ([, what]) => ({
      reason: `the CUDA library of onnxruntime-node does not fit this system (${what})`,
      remedy:
        'run the install script of onnxruntime-node again, and install the version of CUDA that its library was built for',
    }),
  },
  {
    said: /CUDA failure 100\b|no CUDA-capable device/,
    means: () => ({
      reason: 'CUDA finds no NVIDIA GPU',
      remedy:
        '`nvidia-smi` must list one, and CUDA_VISIBLE_DEVICES must not hide it; a container must be started with ' +
        '`docker run --gpus all`',
    }),
  },
  {
    said: /CUDA failure 35\b|driver version is insufficient/,
    means: () => ({
      reason: "NVIDIA's driver is older than CUDA, or there is none",
      remedy: 'install a driver that `nvidia-smi` shows this version of CUDA, or a newer one, for',
    }),
  },
  {
    said: /CUDA failure 101\b|invalid device ordinal/,
    means: () => ({
      reason: 'there is no GPU of that number',
      remedy: 'give a lower one: they count from 0, in the order of `nvidia-smi --list-gpus`',
    }),
  },
  {
    said: /CUDA failure 209\b|no kernel image is available/,
    means: () => ({
      reason: "the CUDA library of onnxruntime-node has no code for this GPU's generation",
      remedy: 'use a GPU of compute capability 7.5 or newer',
    }),
  },
  {
    said: /OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library/,
    means: () => ({
      reason: 'the CUDA library of onnxruntime-node could not be loaded',
      remedy: 'see `npx trilu devices` for the library that is missing',
    }),
  },
];

/** Why CUDA can't be here, by a look at the files of onnxruntime-node; undefined when it may be. */
function missing(machine: Machine): Absence | undefined {
  if (hasCudaLibrary(machine)) return undefined;
  if (machine.platform !== 'linux' || machine.architecture !== 'x64') {
    return {
      reason: `onnxruntime-node has no CUDA for ${machine.platform} on ${machine.architecture}`,
      remedy: 'use Linux on x64, where it has',
    };
  }
  return {
    reason: 'the CUDA library of onnxruntime-node is not installed',
    remedy:
      `run \`${installCudaCommand(machine)}\`, which fetches it; it needs an NVIDIA GPU with its driver, ` +
      'the CUDA toolkit and cuDNN 9 besides',
  };
}

/** @throws UserError for an impossible value, and for an option that onnxruntime-node has no way to pass on */
function checkOptions({ cuda: { deviceId, tf32, ...others } = {} }: OpenOptions): void {
  if (deviceId !== undefined && !(Number.isSafeInteger(deviceId) && deviceId >= 0 && deviceId < 2 ** 15)) {
    throw new UserError(`cuda.deviceId must be the number of a GPU, a whole number from 0; it is ${deviceId}.`);
  }
  if (tf32 !== undefined && typeof tf32 !== 'boolean') {
    throw new UserError(`cuda.tf32 must be true or false; it is ${String(tf32)}.`);
  }
  const [other] = Object.keys(others);
  if (other === undefined) return;
  throw new UserError(
    `cuda.${other} can have no effect: onnxruntime-node passes only the number of the GPU on to CUDA, neither a memory ` +
      'limit nor any other option. Leave it out.',
  );
}

/** The environment variable that NVIDIA's libraries read when they start: `0` keeps TF32 out of every product, whatever a program asks for. */
const variable = 'NVIDIA_TF32_OVERRIDE';

/** Whether sessions of this process may use TF32; undefined before the first one on CUDA. */
let decided: boolean | undefined;

/**
 * Settles TF32 before CUDA's libraries are loaded. onnxruntime-node has no option for it, and ONNX Runtime's default is on;
 * NVIDIA's libraries read an environment variable, once in a process. Only the main thread can set one that they see, so this
 * is called there, before a worker starts.
 * @throws UserError when the process is set to the opposite already
 */
export function settleTf32({ tf32 = false }: CudaOptions = {}, environment: NodeJS.ProcessEnv = process.env): void {
  const off = environment[variable] === '0';
  if (tf32 && off) {
    throw new UserError(
      decided === false
        ? 'cuda.tf32 must be the same in all sessions of a process: an earlier one turned it off. Use another process.'
        : `cuda.tf32 can't be true while ${variable} is 0 in the environment. Unset one of them.`,
    );
  }
  if (!tf32 && !off) {
    if (decided === true) {
      throw new UserError(
        'cuda.tf32 must be the same in all sessions of a process: an earlier one turned it on. Use another process.',
      );
    }
    if (!isMainThread) {
      throw new UserError(
        `TF32 can't be turned off from inside a worker thread: set ${variable}=0 in the environment, or give cuda: { tf32: true }.`,
      );
    }
    environment[variable] = '0';
  }
  decided = tf32;
}

export const cuda: NodeDevice = {
  name: 'cuda',
  description: 'an NVIDIA GPU, through CUDA',
  rank: 30,
  // onnxruntime-node reads no more of them than the number of the GPU.
  providers: ({ cuda: { deviceId = 0 } = {} }) => [{ name: 'cuda', deviceId }],
  executionProvider: 'CUDAExecutionProvider',
  // TF32 is off; cuBLAS chooses the order of its sums by size and GPU.
  tolerance: gpuTolerance,
  options: {
    deviceId: { flag: '--cuda-device', kind: 'index', description: "which of CUDA's GPUs, from 0" },
    tf32: { flag: '--tf32', kind: 'switch', description: 'let CUDA round to TF32: faster, less exact' },
  },
  checkOptions,
  prepare: (options) => settleTf32(options.cuda),
  missing,
  probed: true,
  absences,
  // Where there are no device files to look at, its library still shows that somebody has installed it on purpose.
  expected: (gpuFiles) => gpuFiles === undefined || gpuFiles.some((file) => /nvidia|dxg/.test(file)),
  describe: () => nvidiaGpus().join(' and ') || undefined,
};
