/**
 * Compiles a build of ONNX Runtime and holds on to it, in a browser. A browser shares what it has compiled between all workers of a process for
 * as long as one of them has it: without this, each worker of a test that starts many compiles 27 MB anew.
 */
export async function holdRuntime(build: 'wasm' | 'webgpu'): Promise<void> {
  const file = `ort-wasm-simd-threaded${build === 'webgpu' ? '.asyncify' : ''}.wasm`;
  held.push(await WebAssembly.compileStreaming(fetch(`/node_modules/onnxruntime-web/dist/${file}`)));
}

const held: WebAssembly.Module[] = [];
