import { type Checkpoint, encodeCheckpoint } from '../../../src/train/trainer/checkpoint.ts';

/** A checkpoint's file as one piece. */
export async function checkpointFile(checkpoint: Checkpoint): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await encodeCheckpoint(checkpoint)));
}
