import { decodeModelFields } from '../onnx/codec.ts';
import type { Placement } from './session.ts';

/** The placement on a device with a single provider: every node of the model's graph runs there. */
export function placedOn(provider: string, model: Uint8Array): readonly Placement[] {
  const { graph } = decodeModelFields(model, 'The model', {
    irVersion: true,
    opsetImport: true,
    graph: { node: { name: true, opType: true } },
  });
  return (graph.node ?? []).map(({ name = '', opType = '' }) => ({ node: name, operator: opType, provider }));
}
