import type { Engine } from '../../src/runtime/engine.ts';
import type { ValueDescription } from '../../src/runtime/session.ts';
import type { Tensor, Tensors } from '../../src/runtime/tensor.ts';

/** A tensor on a device that is none. */
export interface FakeValue {
  readonly tensor: Tensor;
  released: boolean;
}

/** An engine whose runs a test makes up, and which keeps account of what it handed out. */
export interface FakeEngine extends Engine<FakeValue> {
  /** How many values that `run` made have not been released. */
  readonly held: () => number;
  disposed: boolean;
}

export interface FakeEngineOptions {
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  readonly run: (feeds: Tensors) => Promise<Tensors> | Tensors;
}

export function fakeEngine({ inputs, outputs, run }: FakeEngineOptions): FakeEngine {
  const made = new Set<FakeValue>();
  const used = (value: FakeValue): Tensor => {
    if (value.released) throw new Error('a value was used after it had been released');
    return value.tensor;
  };
  return {
    device: 'webgpu',
    inputs,
    outputs,
    disposed: false,
    held: () => [...made].filter(({ released }) => !released).length,
    upload: (tensor) => ({ tensor, released: false }),
    download: async (value) => used(value),
    describe: (value) => used(value),
    release(value) {
      if (made.has(value) && value.released) throw new Error('a value was released twice');
      value.released = true;
    },
    async run(feeds) {
      const tensors = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, used(value)]));
      const results = Object.entries(await run(tensors)).map(([name, tensor]): [string, FakeValue] => {
        const value = { tensor, released: false };
        made.add(value);
        return [name, value];
      });
      return Object.fromEntries(results);
    },
    placement: async () => [{ node: 'iteration', operator: 'Add', provider: 'WebGpuExecutionProvider' }],
    async dispose() {
      this.disposed = true;
    },
  };
}
