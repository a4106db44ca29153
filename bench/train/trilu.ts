import { versionOf } from '../common/machine.ts';
import { serveSide } from '../common/side.ts';
import { Training } from './training.ts';

// trilu's side of the comparison: a process that trains on command, through the library's own session. Usage: trilu.ts FOLDER.

// The runtime is loaded before the model, as PyTorch's libraries are, so that both sides' memory is counted from the same point on.
await import('onnxruntime-node');

await serveSide(async () => {
  const training = await Training.load(process.argv[2] ?? '.');
  return {
    about: `onnxruntime-node ${versionOf('onnxruntime-node')}, Node ${process.version}`,
    answers: { run: (steps) => training.run(steps) },
  };
});
