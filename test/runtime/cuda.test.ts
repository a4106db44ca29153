import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { explainBy } from '../../src/runtime/device-report.ts';
import { backendOf, type Provider } from '../../src/runtime/devices/device.ts';
import { cpu } from '../../src/runtime/devices/node/cpu.ts';
import { cuda, type settleTf32 } from '../../src/runtime/devices/node/cuda.ts';
import { nodeDevices } from '../../src/runtime/devices/node/node-devices.ts';
import { absenceIn, explainAbsence } from '../../src/runtime/node/absence.ts';
import { devicesAt } from '../../src/runtime/node/available.ts';
import { here } from '../../src/runtime/node/look.ts';
import { hasCudaLibrary, type Machine, thisMachine } from '../../src/runtime/node/machine.ts';
import { open } from '../../src/runtime/node/open.ts';
import { probe } from '../../src/runtime/node/probe.ts';
import type { CudaOptions, OpenOptions } from '../../src/runtime/session.ts';
import { copiedRuntime } from '../support/copied-runtime.ts';
import { libraryNeeding } from '../support/shared-library.ts';
import { affine } from '../support/tiny-models.ts';

const said = (text: string): string => `OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library
[E:onnxruntime:onnxruntime-node, provider_bridge_ort.cc:2146 Create] [ONNXRuntimeError] : 1 : FAIL : ${text}`;
const failed = (library: string, text: string): string =>
  said(`Failed to load library /app/node_modules/onnxruntime-node/bin/${library} with error: ${text}`);
const called = (code: string): string =>
  `/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:129 [with ERRTYPE = cudaError; bool THRW = true] CUDA failure ${code} ; GPU=0 ; hostname=box ; expr=cudaSetDevice(info_.device_id);`;
const noFile = 'cannot open shared object file: No such file or directory';
const library = 'libonnxruntime_providers_cuda.so';

/** The providers that a device is opened with. */
function providersOf(device: string, options: OpenOptions = {}): readonly Provider[] {
  return backendOf(nodeDevices.named(device), 'onnxruntime-node', options).providers;
}

describe('what ONNX Runtime says of CUDA is told by what is missing', () => {
  it.each<[string, string, RegExp, RegExp]>([
    // Heard from onnxruntime-node 1.30 on Linux, with the CUDA libraries of 1.29 and with libraries made for the purpose.
    [
      'CUDA 12',
      failed(library, `libcublasLt.so.12: ${noFile}`),
      /^a library of CUDA 12 .* \(libcublasLt\.so\.12\)$/,
      /12/,
    ],
    [
      'CUDA 13',
      failed(library, `libcublasLt.so.13: ${noFile}`),
      /^a library of CUDA 13 .* \(libcublasLt\.so\.13\)$/,
      /13/,
    ],
    [
      'a library without a version',
      failed(library, `libcurand.so.10: ${noFile}`),
      /^a library of CUDA is .*curand/,
      /CUDA/,
    ],
    ['the driver', failed(library, `libcuda.so.1: ${noFile}`), /^NVIDIA's driver is missing/, /nvidia-smi/],
    [
      'the library that the providers share',
      failed('libonnxruntime_providers_shared.so', `/app/libonnxruntime_providers_shared.so: ${noFile}`),
      /only in part/,
      /install script/,
    ],
    [
      'a whole file',
      failed(library, '/app/libonnxruntime_providers_cuda.so: file too short'),
      /file too short/,
      /again/,
    ],
    [
      'the right file',
      said('Failed to get symbol GetProvider with error: /app/cuda.so: undefined symbol: GetProvider'),
      /undefined symbol: GetProvider/,
      /again/,
    ],
    ['a build with CUDA', 'no available backend found. ERR: [cuda] backend not found.', /no CUDA for this/, /Linux/],
    ['what it logs', said('').split('\n', 1)[0] ?? '', /could not be loaded/, /trilu devices/],
    // As others report it: there is no GPU to hear it from.
    ['cuDNN', failed(library, `libcudnn.so.9: ${noFile}`), /^cuDNN is missing \(libcudnn\.so\.9\)$/, /cuDNN 9/],
    [
      'a part of cuDNN',
      failed(library, `libcudnn_adv.so.9: ${noFile}`),
      /^cuDNN .*\(libcudnn_adv\.so\.9\)$/,
      /cuDNN 9/,
    ],
    ['a GPU', called('100: no CUDA-capable device is detected'), /finds no NVIDIA GPU/, /CUDA_VISIBLE_DEVICES/],
    ['a newer driver', called('35: CUDA driver version is insufficient for CUDA runtime version'), /older/, /driver/],
    ['a GPU of that number', called('101: invalid device ordinal'), /no GPU of that number/, /from 0/],
    [
      'Windows’ libraries',
      said('LoadLibrary failed with error 126 "" when trying to load "C:\\app\\onnxruntime_providers_cuda.dll"'),
      /error 126/,
      /PATH/,
    ],
  ])('%s', (_, text, reason, remedy) => {
    const absence = explainBy(cuda.absences ?? [], text);
    expect(absence?.reason).toMatch(reason);
    expect(absence?.remedy).toMatch(remedy);
  });

  it('but an error that has another cause passes as it is', async () => {
    for (const message of [called('2: out of memory'), 'Invalid rank for input: x', 'Node (a) has no kernel']) {
      const error = new Error(message);
      expect(await explainAbsence(cuda, error, { providers: [] })).toBe(error);
      expect(await explainAbsence(cpu, error, { providers: [] })).toBe(error);
    }
    expect(absenceIn(cuda, { message: called('2: out of memory'), log: '' }).reason).toBe(
      'CUDA failure 2: out of memory',
    );
  });
});

describe.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'with the CUDA library, but not what it needs',
  () => {
    const incomplete = (): Machine => {
      const broken = libraryNeeding('libcublasLt.so.12');
      const runtime = copiedRuntime({ 'libonnxruntime_providers_shared.so': broken, [library]: broken });
      return { ...thisMachine, runtime };
    };

    it('a probe tells the library that is missing, which the error alone does not', async () => {
      const machine = incomplete();
      expect(hasCudaLibrary(machine)).toBe(true);
      const { works, message, log } = await probe(providersOf('cuda'), machine);
      expect(works).toBe(false);
      expect(message).not.toContain('cublas');
      expect(absenceIn(cuda, { message, log }).reason).toBe('a library of CUDA 12 is missing (libcublasLt.so.12)');
    });

    it('the probe leaves nothing behind in this process', async () => {
      const machine = incomplete();
      await probe(providersOf('cuda'), machine);
      const folder = dirname(dirname(machine.runtime ?? ''));
      expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain(folder);
    });

    it('the report of the device tells it', async () => {
      const [report] = await devicesAt({ ...here, machine: incomplete() });
      expect(report).toMatchObject({ device: 'cuda', available: false, auto: false });
      expect(report?.remedy).toMatch(/^install the CUDA 12 toolkit and cuDNN 9/);
    });
  },
);

describe('without the CUDA library', () => {
  it('the reason is told by a look at the files, with the command that fetches it', () => {
    const linux = {
      ...thisMachine,
      platform: 'linux',
      architecture: 'x64',
      runtime: '/else/onnxruntime-node/dist/index.js',
    };
    expect(cuda.missing?.(linux)).toMatchObject({
      reason: 'the CUDA library of onnxruntime-node is not installed',
      remedy: expect.stringContaining('`ONNXRUNTIME_NODE_INSTALL=1 node /else/onnxruntime-node/script/install.js`'),
    });
    expect(cuda.missing?.({ ...linux, platform: 'darwin', architecture: 'arm64' })?.reason).toBe(
      'onnxruntime-node has no CUDA for darwin on arm64',
    );
  });

  it.skipIf(hasCudaLibrary(thisMachine))('opening on it by name throws: nothing falls back silently', async () => {
    const opening = open(affine(), { device: 'cuda' });
    await expect(opening).rejects.toBeInstanceOf(UserError);
    await expect(opening).rejects.toThrow(
      /^The device cuda is not available: the CUDA library .* is not installed\. What to do: run `ONNX.* Or use the device cpu\.$/,
    );
  });

  it.skipIf(hasCudaLibrary(thisMachine))('opening without a name works', async () => {
    const session = await open(affine(), { threads: 1 });
    expect(['cpu', 'webgpu']).toContain(session.device);
    await session.dispose();
  });
});

describe('options of CUDA', () => {
  it('reach ONNX Runtime by the name that onnxruntime-node reads', () => {
    expect(providersOf('cuda')).toEqual([{ name: 'cuda', deviceId: 0 }]);
    expect(providersOf('cuda', { cuda: { deviceId: 2, tf32: true } })).toEqual([{ name: 'cuda', deviceId: 2 }]);
    expect(providersOf('cpu')).toEqual(['cpu']);
    expect(providersOf('webgpu')).toEqual([{ name: 'webgpu' }]);
  });

  // What ONNX Runtime has in other languages, but its binding for Node does not pass on.
  const memoryLimit: CudaOptions & { memoryLimit: number } = { memoryLimit: 2 ** 30 };

  it.each<[CudaOptions, RegExp]>([
    [{ deviceId: -1 }, /^cuda\.deviceId must be the number of a GPU, a whole number from 0; it is -1\.$/],
    [{ deviceId: 1.5 }, /it is 1\.5\.$/],
    [{ deviceId: Number.NaN }, /it is NaN\.$/],
    [memoryLimit, /^cuda\.memoryLimit can have no effect: onnxruntime-node passes only the number of the GPU/],
  ])('%j is refused on every device', async (options, message) => {
    expect(() => cuda.checkOptions?.({ cuda: options })).toThrow(message);
    for (const device of nodeDevices.choices) {
      const opening = open(affine(), { device, cuda: options });
      await expect(opening).rejects.toBeInstanceOf(UserError);
      await expect(opening).rejects.toThrow(message);
    }
  });
});

describe('TF32', () => {
  const off = 'NVIDIA_TF32_OVERRIDE';
  let settle: typeof settleTf32;
  beforeEach(async () => {
    vi.resetModules();
    ({ settleTf32: settle } = await import('../../src/runtime/devices/node/cuda.ts'));
  });
  afterEach(() => vi.resetModules());

  it('is off unless told, by the variable that NVIDIA’s libraries read', () => {
    const environment: NodeJS.ProcessEnv = {};
    settle(undefined, environment);
    expect(environment[off]).toBe('0');
    settle({ tf32: false }, environment);
    expect(environment[off]).toBe('0');
  });

  it('is left alone when it is asked for', () => {
    const environment: NodeJS.ProcessEnv = {};
    settle({ tf32: true }, environment);
    settle({ tf32: true }, environment);
    expect(environment).toEqual({});
  });

  it('can’t change within a process', () => {
    const environment: NodeJS.ProcessEnv = {};
    settle({ tf32: true }, environment);
    expect(() => settle({}, environment)).toThrow('an earlier one turned it on. Use another process.');
  });

  it('can’t be turned on after it was off', () => {
    const environment: NodeJS.ProcessEnv = {};
    settle({}, environment);
    expect(() => settle({ tf32: true }, environment)).toThrow('an earlier one turned it off. Use another process.');
  });

  it('can’t be turned on against the environment', () => {
    expect(() => settle({ tf32: true }, { [off]: '0' })).toThrow("can't be true while NVIDIA_TF32_OVERRIDE is 0");
  });
});
