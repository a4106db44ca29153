import type { Engine } from './engine.ts';
import { scanEngine } from './scan-engine.ts';
import { takeScanApart } from './scan-program.ts';
import type { StatePair } from './session.ts';

/**
 * An engine whose state stays on the device from step to step: the outputs that are state are left there, and a Scan, which
 * ONNX Runtime would run on the CPU, is run iteration by iteration.
 *
 * @param state the model's state pairs (`trilu.state`)
 * @param create loads a model; the outputs named in `kept` are to stay on the device
 */
export async function createResidentEngine<Value>(
  model: Uint8Array,
  state: readonly StatePair[],
  create: (model: Uint8Array, kept: ReadonlySet<string>) => Promise<Engine<Value>>,
): Promise<Engine<Value>> {
  const scan = takeScanApart(model, state);
  if (scan === undefined) return create(model, new Set(state.map(({ output }) => output)));
  const kept = [...scan.states.map(({ next }) => next), ...scan.stacked.map(({ element }) => element)];
  return scanEngine(await create(scan.iteration, new Set(kept)), scan);
}
