import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { chooseAutomatically } from '../../src/runtime/choose-device.ts';
import { gpusIn, nvidiaGpus } from '../../src/runtime/devices/node/gpus.ts';
import type { NodeDevice } from '../../src/runtime/devices/node/node-device.ts';
import { nodeDevices } from '../../src/runtime/devices/node/node-devices.ts';
import { emulatorOf, webgpu } from '../../src/runtime/devices/node/webgpu.ts';
import { absenceIn, explainAbsence } from '../../src/runtime/node/absence.ts';
import { devices, devicesAt } from '../../src/runtime/node/available.ts';
import { chooseDevice } from '../../src/runtime/node/choose-device.ts';
import { lookAt, type Site } from '../../src/runtime/node/look.ts';
import { type Machine, thisMachine } from '../../src/runtime/node/machine.ts';
import { type ProbeResult, probe } from '../../src/runtime/node/probe.ts';
import { RuntimeError } from '../../src/runtime/runtime-error.ts';
import { copiedRuntime, scriptedRuntime } from '../support/copied-runtime.ts';
import { debianPath } from '../support/debian.ts';

const nothing: ProbeResult = { works: false, message: '', log: '', drivers: [] };
const noAdapter =
  '/onnxruntime_src/webgpu_context.cc:136 … was false. Failed to get a WebGPU adapter: No supported adapters\n';

/** A Linux machine with these device files, and with or without onnxruntime-node's library for CUDA. */
function linux(gpuFiles: readonly string[], runtime: string | undefined = thisMachine.runtime): Machine {
  return { platform: 'linux', architecture: 'x64', runtime, gpuFiles: async () => gpuFiles };
}

/** Tries that come out as told, and what was tried. */
function tries(results: Readonly<Record<string, Partial<ProbeResult>>>) {
  const tried: string[] = [];
  const attempt: Site['attempt'] = async ({ name }) => {
    tried.push(name);
    return { ...nothing, ...results[name] };
  };
  return { tried, attempt };
}

/** The choice of `auto` on a machine: the name of the device, and what is told. */
async function autoOn(machine: Machine, attempt: Site['attempt']) {
  const { device, notices } = await chooseAutomatically(nodeDevices, (candidate: NodeDevice) =>
    lookAt(candidate, { machine, attempt }, false),
  );
  return { device: device.name, notices };
}

describe('auto', () => {
  it('tries nothing on a machine without a GPU, and has nothing to tell', async () => {
    const { tried, attempt } = tries({ webgpu: { works: true }, cuda: { works: true } });
    expect(await autoOn(linux([]), attempt)).toEqual({ device: 'cpu', notices: [] });
    expect(tried).toEqual([]);
  });

  it('takes no time on a machine without a GPU', async () => {
    const { attempt } = tries({});
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const start = performance.now();
      await autoOn(
        {
          ...thisMachine,
          platform: 'linux',
          gpuFiles: async () => {
            await thisMachine.gpuFiles();
            return [];
          },
        },
        attempt,
      );
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(5);
  });

  it('takes CUDA first, where its library is there', async () => {
    const runtime = copiedRuntime({ 'libonnxruntime_providers_cuda.so': new Uint8Array() });
    const { tried, attempt } = tries({ cuda: { works: true }, webgpu: { works: true } });
    const machine = { ...linux(['/dev/nvidia0'], runtime), platform: process.platform, architecture: process.arch };
    expect(await autoOn(machine, attempt)).toEqual({ device: 'cuda', notices: [] });
    expect(tried).toEqual(['cuda']);
  });

  it('takes WebGPU where CUDA does not work, and tells why', async () => {
    const runtime = copiedRuntime({ 'libonnxruntime_providers_cuda.so': new Uint8Array() });
    const machine = { ...linux(['/dev/nvidia0'], runtime), platform: process.platform, architecture: process.arch };
    const log = 'Failed to load library x.so with error: libcublasLt.so.12: cannot open shared object file';
    const { tried, attempt } = tries({ cuda: { log }, webgpu: { works: true, drivers: ['libGLX_nvidia.so.0'] } });
    const { device, notices } = await autoOn(machine, attempt);
    expect([device, tried]).toEqual(['webgpu', ['cuda', 'webgpu']]);
    expect(notices).toEqual([
      expect.stringMatching(/^The device cuda is not used: a library of CUDA 12 .* What to do: install .*\.$/),
    ]);
  });

  it('takes the CPU where a GPU is there that does not work, and tells why', async () => {
    const { attempt } = tries({ webgpu: { message: noAdapter, log: 'Warning: vkCreateInstance: Found no drivers!' } });
    const { device, notices } = await autoOn(linux(['/dev/dri/renderD128']), attempt);
    expect(device).toBe('cpu');
    expect(notices).toEqual([expect.stringContaining('The device webgpu is not used: there is no Vulkan driver')]);
  });

  it('passes over a GPU that is emulated in software', async () => {
    const { attempt } = tries({ webgpu: { works: true, drivers: ['libvk_swiftshader.so'] } });
    expect(await autoOn(linux(['/dev/dri/renderD128']), attempt)).toEqual({ device: 'cpu', notices: [] });
  });

  it('tries where there are no device files to look at, but does not claim a GPU that it has not seen', async () => {
    const mac: Machine = { ...linux([]), platform: 'darwin', architecture: 'arm64', gpuFiles: async () => undefined };
    const working = tries({ webgpu: { works: true } });
    expect(await autoOn(mac, working.attempt)).toEqual({ device: 'webgpu', notices: [] });
    const failing = tries({ webgpu: { message: noAdapter } });
    expect(await autoOn(mac, failing.attempt)).toEqual({ device: 'cpu', notices: [] });
    expect(failing.tried).toEqual(['webgpu']);
  });

  it('does not try what has no build: WebGPU on Linux but x64', async () => {
    const { tried, attempt } = tries({ webgpu: { works: true } });
    const arm = { ...linux(['/dev/dri/renderD128']), architecture: 'arm64' };
    expect(await autoOn(arm, attempt)).toEqual({ device: 'cpu', notices: [] });
    expect(tried).toEqual([]);
  });

  it('gives the same answer to all who ask', async () => {
    expect(await chooseDevice({ device: 'auto' })).toBe(await chooseDevice());
  });
});

describe('a device by name', () => {
  it.each(['cpu', 'webgpu', 'wasm'] as const)(
    '%s is taken as it is: opening tells whether it is there',
    async (device) => {
      expect(await chooseDevice({ device })).toEqual({ device: nodeDevices.named(device), notices: [] });
    },
  );
});

describe('a probe that goes wrong harms nobody', () => {
  const ends = (code: string): string =>
    `exports.env = {}; exports.InferenceSession = { create: async () => { ${code} } }; exports.Tensor = class {};`;

  it.each<[string, string, string]>([
    ['crashes', 'process.abort()', 'the process that tried it ended with SIGABRT'],
    ['exits', 'process.exit(7)', 'the process that tried it ended with exit code 7'],
    ['throws', 'throw new Error("broken")', 'broken'],
    [
      'calculates wrongly',
      'return { run: async () => ({ y: { data: [2, 5] } }) }',
      'it calculates wrongly: 2 + 2 came out as 5',
    ],
  ])('it %s', async (_, code, message) => {
    const result = await probe([{ name: 'webgpu' }], { runtime: scriptedRuntime(ends(code)) });
    expect(result).toMatchObject({ works: false, message });
    expect(absenceIn(webgpu, result).reason).toBe(message);
  });

  it('it hangs', async () => {
    const runtime = scriptedRuntime(ends('await new Promise((settle) => setTimeout(settle, 60_000))'));
    const result = await probe([{ name: 'webgpu' }], { runtime }, 1000);
    expect(result).toMatchObject({ works: false, message: 'it gave no answer within 1 s' });
  });

  it('a crash after the answer takes nothing back', async () => {
    const works = `process.on('exit', () => process.abort());
      return { run: async () => ({ y: { data: [2, 4] } }), release: async () => {} };`;
    expect(await probe([{ name: 'webgpu' }], { runtime: scriptedRuntime(ends(works)) })).toMatchObject({
      works: true,
      message: '',
    });
  });

  it('there is nothing to try without onnxruntime-node', async () => {
    expect((await probe(['cuda'], { runtime: undefined })).message).toBe('onnxruntime-node is not installed');
  });
});

describe('WebGPU', () => {
  const swiftShader = debianPath('/usr/lib/chromium/vk_swiftshader_icd.json', 'chromium');
  const folder = mkdtempSync(join(tmpdir(), 'trilu-run-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => vi.unstubAllEnvs());
  const withDrivers = (file: string): void => {
    vi.stubEnv('XDG_RUNTIME_DIR', folder);
    vi.stubEnv('VK_ICD_FILENAMES', file);
    vi.stubEnv('VK_DRIVER_FILES', file);
  };

  it.skipIf(swiftShader === undefined)('in SwiftShader is found, and told to be an emulation', async () => {
    withDrivers(swiftShader ?? '');
    const result = await probe([{ name: 'webgpu' }], thisMachine);
    expect(result).toMatchObject({ works: true, drivers: ['libvk_swiftshader.so'] });
    const reports = await devicesAt({
      machine: thisMachine,
      attempt: async ({ name }) => (name === 'webgpu' ? result : nothing),
    });
    expect(reports.find(({ device }) => device === 'webgpu')).toEqual({
      device: 'webgpu',
      available: true,
      auto: false,
      emulated: true,
      description: 'SwiftShader, emulated in software',
      reason: expect.stringContaining('no GPU behind it'),
      remedy: 'use it for tests only',
    });
  });

  it.skipIf(process.platform !== 'linux')('without a Vulkan driver is told to lack one', async () => {
    withDrivers('/nowhere/icd.json');
    const result = await probe([{ name: 'webgpu' }], thisMachine);
    expect(result.works).toBe(false);
    expect(absenceIn(webgpu, result)).toEqual({
      reason: expect.stringMatching(/^(there is no Vulkan driver|the Vulkan loader could not be loaded .*)$/),
      remedy: expect.stringContaining('apt-get install libvulkan1 mesa-vulkan-drivers'),
    });
  });

  it.skipIf(process.platform !== 'linux')('a failed opening is explained by what its error does not say', async () => {
    withDrivers('/nowhere/icd.json');
    const error = await explainAbsence(webgpu, new RuntimeError('load', 'No.', { cause: new Error(noAdapter) }), {
      providers: [{ name: 'webgpu' }],
    });
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(/The device webgpu is not available: .*Vulkan.* Or use the device cpu\.$/);
  });

  it.each<[string, string, RegExp]>([
    // Heard from onnxruntime-node 1.30 on Debian 12.
    ["Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open", noAdapter, /loader could not be loaded \(libvulkan/],
    ['Warning: vkCreateInstance failed with VK_ERROR_INCOMPATIBLE_DRIVER', noAdapter, /^there is no Vulkan driver$/],
    [
      'Warning: Vulkan shaderUniform*ArrayDynamicIndexing required.\n - While initializing adapter (backend=BackendType::Vulkan)',
      noAdapter,
      /^no Vulkan device here can do .* \(Vulkan shaderUniform\*ArrayDynamicIndexing required\)$/,
    ],
    ['', noAdapter, /^there is no GPU that WebGPU can use$/],
    ['', 'no available backend found. ERR: [webgpu] backend not found.', /^onnxruntime-node has no WebGPU/],
    ['', 'file.cc:1 x was false. Some new words.\nmore', /^Some new words$/],
  ])('what is said is told by what is missing: %j', (log, message, reason) => {
    expect(absenceIn(webgpu, { message, log }).reason).toMatch(reason);
  });

  it.each<[readonly string[], readonly string[] | undefined, string | undefined]>([
    [['libvk_swiftshader.so'], ['/dev/dri/renderD128'], 'SwiftShader'],
    [['libvulkan_lvp.so'], undefined, 'llvmpipe'],
    [['libvulkan_radeon.so', 'libvulkan_lvp.so'], ['/dev/dri/renderD128'], undefined],
    [['libvulkan_radeon.so', 'libvulkan_intel.so'], [], 'software'],
    [['libGLX_nvidia.so.0'], ['/dev/nvidia0'], undefined],
    [[], undefined, undefined],
  ])('by the drivers %j and the device files %j, it is played by %s', (drivers, files, emulator) => {
    expect(emulatorOf({ drivers, log: '' }, files)).toBe(emulator);
  });

  it('the names of GPUs are read from ONNX Runtime’s log', () => {
    // The first line was reported from Windows, the others follow ONNX Runtime's source and a log of this kind.
    const log = `
[I:onnxruntime:, device_discovery_common.cc:34] Discovered OrtHardwareDevice {vendor_id:0x1002, device_id:0x7448, vendor:Advanced Micro Devices, Inc., type:1, metadata: [Description=AMD Radeon PRO W7900, Discrete=1, LUID=56564, ]}
[I:onnxruntime:, device_discovery_common.cc:34] Discovered OrtHardwareDevice {vendor_id:0x1022, device_id:0x0, vendor:AMD, type:0, metadata: [Description=AMD Ryzen 7 5800X, ]}
[I:onnxruntime:, device_discovery_common.cc:34] Discovered OrtHardwareDevice {vendor_id:0x10de, device_id:0x2684, vendor:, type:1, metadata: [pci_bus_id=0000:01:00.0, ]}`;
    expect(gpusIn(log)).toEqual(['AMD Radeon PRO W7900', 'NVIDIA GPU']);
    expect(nvidiaGpus('/nowhere')).toEqual([]);
  });
});

describe('the list of devices', () => {
  it('on this machine has each device once, one that auto takes, and a reason and a remedy where one is missing', async () => {
    const reports = await devices();
    expect(reports.map(({ device }) => device)).toEqual(['cuda', 'webgpu', 'cpu', 'wasm']);
    expect(reports.filter(({ auto }) => auto)).toHaveLength(1);
    for (const { available, reason, remedy } of reports) {
      if (!available) expect([reason, remedy].every((text) => (text ?? '').length > 10)).toBe(true);
    }
    const cpu = reports.find(({ device }) => device === 'cpu');
    expect(cpu).toMatchObject({
      available: true,
      emulated: false,
      description: expect.stringMatching(/, \d+ cores?$/),
    });
    expect(reports.find(({ auto }) => auto)?.device).toBe((await chooseDevice()).device.name);
  });

  it('without onnxruntime-node says how to install it', async () => {
    const machine: Machine = { ...linux([]), runtime: undefined };
    const reports = await devicesAt({ machine, attempt: async () => nothing });
    for (const device of ['cuda', 'webgpu', 'cpu']) {
      expect(reports.find((report) => report.device === device)).toMatchObject({
        available: false,
        reason: 'onnxruntime-node is not installed',
        remedy: 'run `npm install onnxruntime-node`',
      });
    }
    expect(existsSync(thisMachine.runtime ?? '')).toBe(true);
  });

  it('names a GPU that works by its name', async () => {
    const log = 'Discovered OrtHardwareDevice {vendor_id:0x106b, device_id:0x0, vendor:Apple, type:1, metadata: []}';
    const reports = await devicesAt({
      machine: { ...linux([]), platform: 'darwin', architecture: 'arm64', gpuFiles: async () => undefined },
      attempt: async ({ name }) => (name === 'webgpu' ? { ...nothing, works: true, log } : nothing),
    });
    expect(reports.find(({ device }) => device === 'webgpu')).toEqual({
      device: 'webgpu',
      available: true,
      auto: true,
      emulated: false,
      description: 'Apple GPU',
    });
  });
});
