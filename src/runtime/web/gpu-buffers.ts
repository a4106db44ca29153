import type { Tensor as OrtTensor } from 'onnxruntime-web';
import { RuntimeError } from '../runtime-error.ts';
import type { WebRuntime } from './runtime-modules.ts';

type Values = Readonly<Record<string, OrtTensor>>;

type GpuType = OrtTensor.GpuBufferDataTypes;

/** Each type's bytes as its array. */
const arrays: { readonly [Type in GpuType]: (bytes: ArrayBuffer) => OrtTensor.DataTypeMap[Type] } = {
  float32: (bytes) => new Float32Array(bytes),
  float16: (bytes) => new Uint16Array(bytes),
  int32: (bytes) => new Int32Array(bytes),
  int64: (bytes) => new BigInt64Array(bytes),
  uint32: (bytes) => new Uint32Array(bytes),
  uint8: (bytes) => new Uint8Array(bytes),
  bool: (bytes) => new Uint8Array(bytes),
};

function isGpuType(type: string): type is GpuType {
  return Object.hasOwn(arrays, type);
}

function bytesPerElement(type: GpuType): number {
  return arrays[type](new ArrayBuffer(0)).BYTES_PER_ELEMENT;
}

/** The bytes of a tensor on the host, in whole words, as WebGPU writes them. */
function words(data: OrtTensor.DataType): Uint8Array<ArrayBuffer> {
  if (!ArrayBuffer.isView(data)) throw new RuntimeError('run', 'Strings can not go to the GPU.');
  const bytes = new Uint8Array(Math.ceil(data.byteLength / 4) * 4);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return bytes;
}

/** STORAGE | COPY_SRC | COPY_DST (WebGPU, section 5.1.2). */
const usage = 0x80 | 0x04 | 0x08;

/** ONNX Runtime's kernels read and write in steps of 16 bytes. */
const step = 16;

/** GPU buffers of our own as tensors of ONNX Runtime. A disposed tensor's buffer is used again. */
export class GpuBuffers {
  readonly #runtime: WebRuntime;
  readonly #device: GPUDevice;
  /** Buffers in nobody's use, by size. */
  readonly #free = new Map<number, GPUBuffer[]>();

  constructor(runtime: WebRuntime, device: GPUDevice) {
    this.#runtime = runtime;
    this.#device = device;
  }

  /** Zeros of the types and shapes of other tensors. */
  zerosLike(others: Values): Values {
    const zeros = Object.entries(others).map(([name, like]) => [name, this.#tensorLike(like)] as const);
    const encoder = this.#device.createCommandEncoder();
    for (const [, { gpuBuffer }] of zeros) encoder.clearBuffer(gpuBuffer);
    this.#device.queue.submit([encoder.finish()]);
    return Object.fromEntries(zeros);
  }

  /** A tensor of the type and shape of another one. What it holds is left over from its buffer's last use. */
  #tensorLike({ type, dims, size }: OrtTensor): OrtTensor {
    if (!isGpuType(type)) throw new RuntimeError('run', `Graph capture takes no tensor of type ${type}.`);
    const length = size * bytesPerElement(type);
    const buffer = this.#take(Math.max(step, Math.ceil(length / step) * step));
    return this.#runtime.Tensor.fromGpuBuffer(buffer, {
      dataType: type,
      dims,
      download: () => this.#download(buffer, type, length),
      dispose: () => this.#give(buffer),
    });
  }

  /** Copies tensors, from the host or the GPU, into the GPU tensors of the same names. */
  fill(targets: Values, sources: Values): void {
    const copies: (readonly [GPUBuffer, GPUBuffer])[] = [];
    for (const [name, target] of Object.entries(targets)) {
      const source = sources[name];
      if (source === undefined) throw new RuntimeError('run', `Input "${name}" is missing.`);
      if (source.location === 'gpu-buffer') copies.push([source.gpuBuffer, target.gpuBuffer]);
      else this.#device.queue.writeBuffer(target.gpuBuffer, 0, words(source.data));
    }
    this.#copyAll(copies);
  }

  /** Copies of GPU tensors, in buffers of their own. */
  copies(sources: Values): Values {
    const pairs = Object.entries(sources).map(([name, source]) => ({ name, source, copy: this.#tensorLike(source) }));
    this.#copyAll(pairs.map(({ source, copy }) => [source.gpuBuffer, copy.gpuBuffer]));
    return Object.fromEntries(pairs.map(({ name, copy }) => [name, copy]));
  }

  /** Frees the buffers that are in nobody's use. */
  destroy(): void {
    for (const buffer of [...this.#free.values()].flat()) buffer.destroy();
    this.#free.clear();
  }

  #copyAll(pairs: readonly (readonly [from: GPUBuffer, to: GPUBuffer])[]): void {
    if (pairs.length === 0) return;
    const encoder = this.#device.createCommandEncoder();
    for (const [from, to] of pairs) encoder.copyBufferToBuffer(from, 0, to, 0, Math.min(from.size, to.size));
    this.#device.queue.submit([encoder.finish()]);
  }

  #take(size: number): GPUBuffer {
    return this.#free.get(size)?.pop() ?? this.#device.createBuffer({ size, usage });
  }

  #give(buffer: GPUBuffer): void {
    const list = this.#free.get(buffer.size) ?? [];
    list.push(buffer);
    this.#free.set(buffer.size, list);
  }

  async #download<Type extends GpuType>(
    buffer: GPUBuffer,
    type: Type,
    length: number,
  ): Promise<OrtTensor.DataTypeMap[Type]> {
    // MAP_READ | COPY_DST
    const readable = this.#device.createBuffer({ size: buffer.size, usage: 0x01 | 0x08 });
    try {
      this.#copyAll([[buffer, readable]]);
      await readable.mapAsync(0x01);
      return arrays[type](readable.getMappedRange().slice(0, length));
    } finally {
      readable.destroy();
    }
  }
}
