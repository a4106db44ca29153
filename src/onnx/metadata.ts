import { UserError } from '../errors.ts';
import { decodeModelFields } from './codec.ts';
import type { Selection } from './wire.ts';

/** What a model says of itself. */
export interface ModelSummary {
  readonly irVersion: number;
  /** Version of each operator set; ONNX's own is under ''. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Empty when the file does not say. */
  readonly producerName: string;
  /** Empty when the file does not say. */
  readonly graphName: string;
  /** The model's metadata_props. */
  readonly metadata: Readonly<Record<string, string>>;
}

const fields: Selection = {
  irVersion: true,
  opsetImport: true,
  producerName: true,
  graph: { name: true },
  metadataProps: true,
};

/**
 * Reads what a model says of itself and passes over nodes and weights, so that it takes about the same time for a file of any size.
 * @param source what to call the file in an error, as the start of a sentence
 * @throws UserError when the bytes are empty, cut short, damaged, something else than an ONNX model, or give a metadata key twice.
 */
export function readModelSummary(bytes: Uint8Array, source = 'The ONNX model'): ModelSummary {
  const model = decodeModelFields(bytes, source, fields);
  const metadata = new Map<string, string>();
  for (const { key = '', value = '' } of model.metadataProps ?? []) {
    if (metadata.has(key))
      throw new UserError(`${source} has the metadata key '${key}' twice: it must be written anew.`);
    metadata.set(key, value);
  }
  return {
    irVersion: model.irVersion,
    // 'ai.onnx' is the long name of the default domain.
    opsets: Object.fromEntries(
      model.opsetImport.map(({ domain = '', version = 0 }) => [domain === 'ai.onnx' ? '' : domain, version]),
    ),
    producerName: model.producerName ?? '',
    graphName: model.graph.name ?? '',
    // fromEntries defines properties, so that a key such as '__proto__' is a key like any other.
    metadata: Object.fromEntries(metadata),
  };
}
