import { DataLocation } from '../onnx/enums.ts';
import type { ModelProto, TensorProto } from '../onnx/protos.ts';

/** A model whose weights are beside it, in a file of their own. */
export interface OutsourcedModel {
  readonly model: ModelProto;
  /** What goes into the other file. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Smaller tensors stay in the model: shapes and axes must be there for tools to infer anything, and scalars cost more outside. */
const smallestBytes = 1024;
/** Where tensors begin, so that they can be mapped into memory: a page, and for large ones Windows's granularity. */
const page = 4096;
const granularity = 65_536;

/**
 * Moves the large tensors of a model into another file (the standard's external data: location, offset and length of each).
 * @param location the other file's path, relative to the model's folder
 */
export function moveOutside(model: ModelProto, location: string): OutsourcedModel {
  const pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  let end = 0;
  const outside = (tensor: TensorProto): TensorProto => {
    const { rawData, ...rest } = tensor;
    if (rawData === undefined || rawData.length < smallestBytes) return tensor;
    const alignment = rawData.length < granularity ? page : granularity;
    const offset = Math.ceil(end / alignment) * alignment;
    pieces.push({ offset, bytes: rawData });
    end = offset + rawData.length;
    const entries = { location, offset: `${offset}`, length: `${rawData.length}` };
    return {
      ...rest,
      dataLocation: DataLocation.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    };
  };
  const initializer = model.graph.initializer?.map(outside);
  const data = new Uint8Array(end);
  for (const { offset, bytes } of pieces) data.set(bytes, offset);
  return {
    model: { ...model, graph: { ...model.graph, ...(initializer === undefined ? {} : { initializer }) } },
    data,
  };
}
