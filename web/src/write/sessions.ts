import type { Session } from '../../../src/index.ts';
import { decodeProgram, exportProgram, forwardProgram } from '../../../src/parts.ts';
import { openHere } from '../engine/open.ts';
import type { DeviceChoice } from '../models/model-info.ts';
import type { OpenedModel } from '../models/opened-models.ts';

/** What a text is written with: the cache while it fits into the block, the whole window anew from then on. */
export interface WritingSessions {
  readonly decode?: Session;
  readonly forward?: Session;
}

/** Sessions of the model that was used last: a model of another id frees them. */
class Kept<Value> {
  readonly #dispose: (value: Value) => Promise<void>;
  #key = '';
  #value: Promise<Value> | undefined;

  constructor(dispose: (value: Value) => Promise<void>) {
    this.#dispose = dispose;
  }

  async get(key: string, make: () => Promise<Value>): Promise<Value> {
    if (this.#value !== undefined && this.#key === key) return this.#value;
    const before = this.#value;
    const value = make();
    this.#value = value;
    this.#key = key;
    value.catch(() => {
      if (this.#value === value) this.#value = undefined;
    });
    // What failed to open has nothing to free.
    await before?.then(this.#dispose, () => undefined);
    return value;
  }
}

const writing = new Kept<WritingSessions>(async ({ decode, forward }) => {
  await decode?.dispose();
  await forward?.dispose();
});
const attending = new Kept<Session>((session) => session.dispose());

/** Tells one state of a model from another: a run of the same id learns on. */
function keyOf({ info, version }: OpenedModel, device: DeviceChoice): string {
  return `${info.id} ${version} ${device}`;
}

/** The sessions that write with a model, opened when they are first asked for. */
export function writingSessions(opened: OpenedModel, device: DeviceChoice): Promise<WritingSessions> {
  return writing.get(keyOf(opened, device), async () => {
    const { model, weights, decode } = opened;
    if (weights === undefined) return decode === undefined ? {} : { decode: await openHere(decode, { device }) };
    const forward = await openHere(exportProgram(forwardProgram(model, { last: true }), { weights }), { device });
    // A bigram remembers nothing: it has no cache to decode with.
    const program = decodeProgram(model);
    if (program.state.length === 0) return { forward };
    return { forward, decode: await openHere(exportProgram(program, { weights }), { device }) };
  });
}

/** The session that shows a model's attention: on WebAssembly, since it runs once for each look. */
export function attentionSession(opened: OpenedModel): Promise<Session> {
  return attending.get(keyOf(opened, 'wasm'), async () => {
    const { model, weights = new Map() } = opened;
    return openHere(exportProgram(forwardProgram(model, { taps: ['attention'] }), { weights }), { device: 'wasm' });
  });
}
