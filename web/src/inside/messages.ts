import type { ModelInspection } from '../../../src/onnx.ts';

/** The messages of an ONNX file, as far as this room reads them. */
export type ModelMessage = ModelInspection['model'];
export type GraphMessage = ModelMessage['graph'];
export type NodeMessage = NonNullable<GraphMessage['node']>[number];
export type AttributeMessage = NonNullable<NodeMessage['attribute']>[number];
export type TensorMessage = NonNullable<GraphMessage['initializer']>[number];
export type ValueMessage = NonNullable<GraphMessage['input']>[number];
export type TypeMessage = NonNullable<ValueMessage['type']>;

/** An operator with its domain, where that is not the standard's own: `com.microsoft.MatMulNBits`. */
export function operatorOf({ opType = '', domain = '' }: NodeMessage): string {
  return domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`;
}

/** The graphs in a node, with the names of their attributes: the bodies of Loop and Scan, the branches of If. */
export function bodiesOf({
  attribute = [],
}: NodeMessage): readonly { readonly name: string; readonly body: GraphMessage }[] {
  return attribute.flatMap(({ name = '', g, graphs = [] }) => [
    ...(g === undefined ? [] : [{ name, body: g }]),
    ...graphs.map((body, index) => ({ name: `${name}[${index}]`, body })),
  ]);
}
