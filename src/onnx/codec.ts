import { UserError } from '../errors.ts';
import type { ModelProto } from './protos.ts';
import { decodeMessage, encodeMessage, type Selection } from './wire.ts';

/** What other kinds of file that are often taken for a model can be told by: text at some place near their start. */
const otherFiles: readonly { readonly at: number; readonly text: string; readonly kind: string }[] = [
  { at: 0, text: 'version https://git-lfs', kind: 'a Git LFS pointer: run `git lfs pull` to get the model itself' },
  { at: 0, text: 'PK\u0003\u0004', kind: 'a zip archive (PyTorch keeps its models in such): export it to ONNX' },
  { at: 0, text: '\u001f\u008b', kind: 'a gzip archive: unpack it first' },
  { at: 0, text: '<', kind: 'a web page or XML: download the file itself' },
  { at: 0, text: '{', kind: 'JSON: give the .onnx file' },
  { at: 4, text: 'ORTM', kind: 'an ORT-format model: give the .onnx file that it was made from' },
  { at: 8, text: '{"', kind: 'a safetensors file: give the .onnx file' },
];

function kindOf(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 32));
  return otherFiles.find(({ at, text }) => head.startsWith(text, at))?.kind;
}

/**
 * Reads the fields of a model that `only` asks for (all by default), and makes sure that it is a model:
 * `irVersion`, `opsetImport` and `graph` are there.
 * @throws UserError when the bytes are cut short, damaged, or something else than an ONNX model.
 */
export function decodeModelFields(bytes: Uint8Array, source: string, only?: Selection): ModelProto {
  if (bytes.length === 0) throw new UserError(`${source} is empty. Get or write it again.`);
  const kind = kindOf(bytes);
  try {
    const { irVersion, opsetImport, graph, ...rest } = decodeMessage('ModelProto', bytes, source, only);
    if (irVersion === undefined) throw new UserError(`${source} is not an ONNX model: it has no IR version.`);
    if (graph === undefined) throw new UserError(`${source} is cut short or not an ONNX model: it has no graph.`);
    if (opsetImport === undefined) {
      throw new UserError(`${source} is cut short or not an ONNX model: it names no operator set.`);
    }
    return { irVersion, opsetImport, graph, ...rest };
  } catch (error) {
    if (kind === undefined) throw error;
    throw new UserError(`${source} is not an ONNX model but ${kind}.`, { cause: error });
  }
}

/**
 * Reads an ONNX file whole. Weights are views into `bytes`, at any alignment; `tensorData` makes arrays of them.
 * @param source what to call the file in an error, as the start of a sentence
 * @throws UserError when the bytes are empty, cut short, damaged, or something else than an ONNX model.
 */
export function decodeModel(bytes: Uint8Array, source = 'The ONNX model'): ModelProto {
  return decodeModelFields(bytes, source);
}

/**
 * Writes an ONNX file. A model that was read and is written again gives the same bytes, if its writer kept protobuf's usual order.
 * @throws UserError naming the field when a value does not fit its type, or when the file would pass protobuf's 2 GiB.
 */
export function encodeModel(model: ModelProto): Uint8Array<ArrayBuffer> {
  return encodeMessage('ModelProto', model);
}
