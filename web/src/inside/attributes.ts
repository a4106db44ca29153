import { elementTypeName } from './element-types.ts';
import type { AttributeMessage, GraphMessage, NodeMessage, TensorMessage } from './messages.ts';
import type { NameAndText } from './protocol.ts';
import { fewNumbers, numberInWords } from './tensor-numbers.ts';
import { sizesInWords, typeInWords } from './types-in-words.ts';

/** Elements of a list that are told. */
const mostElements = 16;
const longestText = 200;

/** Attributes whose integer stands for an element type. */
const typeAttributes: ReadonlySet<string> = new Set(['to', 'dtype', 'output_dtype', 'stash_type']);

/** A node's attributes, readable. */
export function attributesInWords({ attribute = [] }: NodeMessage): readonly NameAndText[] {
  return attribute.map((one) => ({ name: one.name ?? '', text: attributeInWords(one) }));
}

function attributeInWords(attribute: AttributeMessage): string {
  const { name = '', refAttrName = '' } = attribute;
  if (refAttrName !== '') return `the function’s ${refAttrName}`;
  const { f, i, s, t, g, tp, sparseTensor } = attribute;
  if (t !== undefined) return tensorInWords(t);
  if (g !== undefined) return graphInWords(g);
  if (s !== undefined) return textInWords(s);
  if (tp !== undefined) return typeInWords(tp);
  if (sparseTensor !== undefined) return `sparse tensor ${sizesInWords(sparseTensor.dims ?? [])}`;
  if (i !== undefined) return typeAttributes.has(name) ? elementTypeName(Number(i)) : numberInWords(i);
  if (f !== undefined) return numberInWords(f);
  return listInWords(attribute);
}

function listInWords({ floats, ints, strings, tensors, graphs, typeProtos, sparseTensors }: AttributeMessage): string {
  if (graphs !== undefined) return graphs.map(graphInWords).join('; ');
  const elements: readonly string[] =
    ints?.map(numberInWords) ??
    floats?.map(numberInWords) ??
    strings?.map(textInWords) ??
    tensors?.map(tensorInWords) ??
    typeProtos?.map(typeInWords) ??
    sparseTensors?.map(({ dims = [] }) => `sparse tensor ${sizesInWords(dims)}`) ??
    [];
  const shown = elements.slice(0, mostElements).join(', ');
  return elements.length <= mostElements ? `[${shown}]` : `[${shown}, … ${elements.length} in all]`;
}

/** `int64 (3) [1, 8, 16]`, without its numbers where they are many. */
function tensorInWords(tensor: TensorMessage): string {
  const { dims = [], dataType } = tensor;
  const type = `${elementTypeName(dataType)} ${sizesInWords(dims)}`;
  const numbers = fewNumbers(tensor, mostElements);
  return numbers === undefined ? type : `${type} ${numbers}`;
}

function graphInWords({ node = [], input = [], output = [] }: GraphMessage): string {
  return `a graph of ${node.length} nodes, ${input.length} inputs, ${output.length} outputs`;
}

function textInWords(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  return JSON.stringify(text.length > longestText ? `${text.slice(0, longestText)}…` : text);
}
