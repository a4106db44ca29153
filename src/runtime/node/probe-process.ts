import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { encodeModel } from '../../onnx/codec.ts';
import { DataType } from '../../onnx/enums.ts';
import { messageOf } from '../runtime-error.ts';
import type { OnnxRuntimeNode } from './load.ts';
import type { ProbeAnswer } from './probe.ts';

// The process that tries a device: given its execution providers as JSON and the file of onnxruntime-node, it runs a model of
// one node there and says what came of it in its last line.
const [providers = '', runtimeFile = ''] = process.argv.slice(2);

async function tryDevice(): Promise<void> {
  const runtime: OnnxRuntimeNode = await import(pathToFileURL(runtimeFile).href);
  // From this level on it names the GPUs that it finds, and the library that is missing where its error does not.
  runtime.env.logLevel = 'info';
  const session = await runtime.InferenceSession.create(oneNode(), {
    executionProviders: JSON.parse(providers),
    // A device that takes no node is none.
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  });
  const { y } = await session.run({ x: new runtime.Tensor('float32', Float32Array.of(1, 2), [2]) });
  if (y?.data[1] !== 4) throw new Error(`it calculates wrongly: 2 + 2 came out as ${y?.data[1]}`);
  await session.release();
}

/** y = x + x, of two numbers. */
function oneNode(): Uint8Array {
  const info = (name: string) => ({
    name,
    type: { tensorType: { elemType: DataType.FLOAT, shape: { dim: [{ dimValue: 2 }] } } },
  });
  return encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'probe',
      node: [{ name: 'y', opType: 'Add', input: ['x', 'x'], output: ['y'] }],
      input: [info('x')],
      output: [info('y')],
    },
  });
}

/** The Vulkan drivers in this process's memory. */
function loadedDrivers(): readonly string[] {
  try {
    const names = readFileSync('/proc/self/maps', 'utf8').match(/[^/\s]*(libvulkan_|vk_|libGLX_nvidia)[^/\s]*(?=\n)/g);
    return [...new Set(names ?? [])];
  } catch {
    return [];
  }
}

function say(answer: ProbeAnswer): void {
  process.stdout.write(`\n${JSON.stringify(answer)}\n`);
}

try {
  await tryDevice();
  say({ works: true, message: '', drivers: loadedDrivers() });
} catch (error) {
  say({ works: false, message: messageOf(error), drivers: loadedDrivers() });
}
