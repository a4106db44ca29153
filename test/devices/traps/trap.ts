import type { Open, OpenOptions, Session } from '../../../src/runtime/session.ts';

/** Something that ONNX Runtime does and the library keeps its users from. */
export interface Trap {
  readonly what: string;
  /** @param open opens a file on the device under test; its options go first */
  prove(open: Open): Promise<void>;
}

/** Opens files, hands the sessions over and disposes them whatever comes. */
export async function withSessions(
  open: Open,
  models: readonly (readonly [model: Uint8Array, options?: OpenOptions])[],
  use: (...sessions: Session[]) => Promise<void>,
): Promise<void> {
  const sessions: Session[] = [];
  try {
    for (const [model, options] of models) sessions.push(await open(model, options));
    await use(...sessions);
  } finally {
    for (const session of sessions) await session.dispose();
  }
}
