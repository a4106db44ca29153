import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { open } from '../../src/runtime/node/open.ts';
import { versionOf } from '../common/machine.ts';
import { serveSide } from '../common/side.ts';

// Opens a program's file, from its path to a session that can run. Usage: opening.ts FOLDER PROGRAM SIDE, the side being `trilu` or
// `onnxruntime`.

const [folder = '.', program = '', side = ''] = process.argv.slice(2);
const path = join(folder, `${program}.onnx`);

/** Opens the file, and what closes it again. */
const openers: Readonly<Record<string, () => Promise<() => Promise<void>>>> = {
  trilu: async () => {
    const session = await open(path, { device: 'cpu', worker: false });
    return () => session.dispose();
  },
  onnxruntime: async () => {
    const session = await InferenceSession.create(path, {
      executionProviders: ['cpu'],
      extra: { session: { set_denormal_as_zero: '1' } },
    });
    return () => session.release();
  },
};

await serveSide(async () => {
  const openIt = openers[side];
  if (openIt === undefined) throw new TypeError(`there is no side ${side}`);
  return {
    about: `onnxruntime-node ${versionOf('onnxruntime-node')}, Node ${process.version}`,
    answers: {
      open: async () => {
        const start = performance.now();
        const close = await openIt();
        const times = [performance.now() - start];
        await close();
        return { times };
      },
    },
  };
});
