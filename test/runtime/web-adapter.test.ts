import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { BrowserGlobals } from '../../src/runtime/devices/web/web-device.ts';
import { webDevices } from '../../src/runtime/devices/web/web-devices.ts';
import { findAdapter, type WebGpuAdapter } from '../../src/runtime/devices/web/webgpu.ts';
import type { OpenOptions } from '../../src/runtime/session.ts';
import { devicesOf } from '../../src/runtime/web/available.ts';
import { chooseDevice } from '../../src/runtime/web/choose-device.ts';

const isolated = { crossOriginIsolated: true, isSecureContext: true };

/** A browser whose GPU is asked for by this function. */
function browser(requestAdapter: (options: unknown) => unknown, rest: Partial<BrowserGlobals> = {}): BrowserGlobals {
  return { ...isolated, ...rest, navigator: { gpu: { requestAdapter } } };
}

const real = browser(async () => ({ info: { vendor: 'nvidia', architecture: 'ada', description: '' } }));
// As Debian's Chromium 156 gives it with --enable-unsafe-webgpu and no GPU; without the flag it gives null.
const swiftShader = browser(async () => ({
  info: { vendor: 'google', architecture: 'swiftshader', description: '', isFallbackAdapter: true },
}));
const refused = browser(async () => null);
const without: BrowserGlobals = { ...isolated, navigator: {} };

describe('the adapter of a browser', () => {
  it.each<[string, BrowserGlobals, WebGpuAdapter]>([
    ['a GPU', real, { found: 'hardware', name: 'nvidia ada', message: '' }],
    ['Chromium’s emulation', swiftShader, { found: 'software', name: 'google swiftshader', message: '' }],
    [
      'an emulation that an older browser tells of in the adapter',
      browser(async () => ({ isFallbackAdapter: true })),
      { found: 'software', name: '', message: '' },
    ],
    [
      'an emulation that can be told by its name only',
      browser(async () => ({ info: { description: 'llvmpipe (LLVM 15.0.6, 256 bits)' } })),
      { found: 'software', name: 'llvmpipe (LLVM 15.0.6, 256 bits)', message: '' },
    ],
    ['a GPU that tells nothing', browser(async () => ({})), { found: 'hardware', name: '', message: '' }],
    ['no GPU', refused, { found: 'refused', name: '', message: '' }],
    [
      'an error',
      browser(() => Promise.reject(new Error('the GPU process crashed'))),
      { found: 'refused', name: '', message: 'the GPU process crashed' },
    ],
    ['no WebGPU', without, { found: 'none', name: '', message: '' }],
    ['no browser', {}, { found: 'none', name: '', message: '' }],
  ])('%s', async (_, globals, adapter) => {
    expect(await findAdapter(globals)).toEqual(adapter);
  });

  it('is asked for as ONNX Runtime asks: the fast one, as a method of the browser’s own', async () => {
    const asked: unknown[] = [];
    const gpu = {
      async requestAdapter(options: unknown) {
        asked.push([this === gpu, options]);
        return {};
      },
    };
    await findAdapter({ navigator: { gpu } });
    expect(asked).toEqual([[true, { powerPreference: 'high-performance' }]]);
  });
});

/** The name of the device that is chosen, and what is told of it. */
async function chosenBy(options: OpenOptions, globals: BrowserGlobals) {
  const { device, notices } = await chooseDevice(options, webDevices, globals);
  return { device: device.name, notices };
}

describe('the device of a browser', () => {
  const noThreads =
    'Wasm has one thread only, because the page is not cross-origin isolated. What to do: serve it with';

  it.each<[string, BrowserGlobals, 'wasm' | 'webgpu', readonly string[]]>([
    ['a GPU', real, 'webgpu', []],
    [
      'an emulation',
      swiftShader,
      'wasm',
      ['The device webgpu is not used: the GPU is emulated in software, so it is slower'],
    ],
    [
      'no GPU',
      refused,
      'wasm',
      ['The device webgpu is not used: this browser has WebGPU, but gives no GPU. What to do: turn'],
    ],
    [
      'no WebGPU',
      without,
      'wasm',
      ['The device webgpu is not used: this browser has no WebGPU. What to do: use a newer'],
    ],
    [
      'a page that is not secure',
      { ...without, isSecureContext: false, crossOriginIsolated: false },
      'wasm',
      ['The device webgpu is not used: browsers give WebGPU to secure pages only', noThreads],
    ],
  ])('by auto, with %s', async (_, globals, device, notices) => {
    const chosen = await chosenBy({ device: 'auto' }, globals);
    expect(chosen).toEqual({ device, notices: notices.map((start) => expect.stringContaining(start)) });
    expect(await chosenBy({}, globals)).toEqual(chosen);
  });

  it('is the GPU by name, even where it is emulated, which it tells', async () => {
    expect(await chosenBy({ device: 'webgpu' }, real)).toEqual({ device: 'webgpu', notices: [] });
    expect(await chosenBy({ device: 'webgpu' }, swiftShader)).toEqual({
      device: 'webgpu',
      notices: [
        expect.stringMatching(/^The GPU is emulated in software, so it is slower than wasm.* What to do: turn /),
      ],
    });
  });

  it('is an error by name where it is not there, with what to do', async () => {
    for (const globals of [refused, without]) {
      const choosing = chosenBy({ device: 'webgpu' }, globals);
      await expect(choosing).rejects.toBeInstanceOf(UserError);
      await expect(choosing).rejects.toThrow(
        /^The device webgpu is not available: this browser has .* What to do: .* Or use the device wasm\.$/,
      );
    }
    for (const device of ['cpu', 'cuda'] as const) {
      await expect(chosenBy({ device }, real)).rejects.toThrow(
        `There is no device "${device}" here: choose from auto, webgpu, wasm.`,
      );
    }
  });

  it('tells of the one thread of wasm, unless one was asked for', async () => {
    const page = { ...without, crossOriginIsolated: false };
    expect((await chosenBy({ device: 'wasm' }, page)).notices).toEqual([expect.stringContaining(noThreads)]);
    expect((await chosenBy({ device: 'wasm', threads: 1 }, page)).notices).toEqual([]);
    expect((await chosenBy({ device: 'wasm' }, without)).notices).toEqual([]);
  });
});

describe('the list of devices of a browser', () => {
  it('with a GPU and threads has nothing to explain', async () => {
    expect(await devicesOf(real)).toEqual([
      { device: 'webgpu', available: true, emulated: false, auto: true, description: 'nvidia ada' },
      { device: 'wasm', available: true, emulated: false, auto: false, description: 'WebAssembly, several threads' },
    ]);
  });

  it('with neither says why and what to do', async () => {
    const [webgpu, wasm] = await devicesOf({ ...without, crossOriginIsolated: false });
    expect(webgpu).toMatchObject({ available: false, auto: false, reason: 'this browser has no WebGPU' });
    expect(webgpu?.remedy).toContain('use a newer Chrome');
    expect(wasm).toMatchObject({ available: true, auto: true, description: 'WebAssembly, 1 thread' });
    expect(wasm?.remedy).toBe(
      'serve it with the headers `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp`',
    );
  });

  it('with an emulated GPU has it, but auto takes wasm', async () => {
    const [webgpu, wasm] = await devicesOf(swiftShader);
    expect(webgpu).toMatchObject({
      available: true,
      emulated: true,
      auto: false,
      description: 'google swiftshader, emulated in software',
    });
    expect(wasm).toMatchObject({ auto: true });
  });
});
