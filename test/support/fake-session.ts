import type { Session } from '../../src/runtime/session.ts';

/** A session without a model, for tests of what lies around one: every run gives nothing, unless told otherwise. */
export function fakeSession(parts: Partial<Session> = {}): Session {
  return {
    device: 'wasm',
    program: { state: [], inputs: [], outputs: [], metadata: {}, opset: 18 },
    notices: [],
    run: async () => ({}),
    step: async () => ({}),
    getState: async () => ({}),
    setState: async () => undefined,
    resetState: async () => undefined,
    placement: async () => [],
    dispose: async () => undefined,
    ...parts,
  };
}
