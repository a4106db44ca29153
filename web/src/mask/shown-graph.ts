import { decodeModel } from '../../../src/onnx.ts';
import type { ShownGraph, ShownNode, ShownValue } from './protocol.ts';

type Model = ReturnType<typeof decodeModel>;
type Node = NonNullable<Model['graph']['node']>[number];
type Attribute = NonNullable<Node['attribute']>[number];
type Initializer = NonNullable<Model['graph']['initializer']>[number];
type Declared = NonNullable<Model['graph']['input']>[number];

/** All nodes of an .onnx file. */
export function shownGraph(file: Uint8Array): ShownGraph {
  const { graph } = decodeModel(file);
  const shown = nodeReader(graph.initializer ?? [], '');
  return { inputs: (graph.input ?? []).map(declared), nodes: (graph.node ?? []).map(shown) };
}

/** The nodes of an .onnx file that lead to a value and are in the same scope as the one that makes it. */
export function shownPart(file: Uint8Array, output: string): ShownGraph {
  const { graph } = decodeModel(file);
  const nodes = graph.node ?? [];
  const last = nodes.find((node) => node.output?.includes(output));
  const scope = last?.name?.replace(/[^/]*$/, '') ?? '';
  const wanted = new Set([output]);
  const found: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.output?.some((name) => wanted.has(name)) || !node.name?.startsWith(scope)) continue;
    found.unshift(node);
    for (const name of node.input ?? []) wanted.add(name);
  }
  const shown = nodeReader(graph.initializer ?? [], scope);
  const made = new Set(found.flatMap((node) => node.output ?? []));
  const held = new Set((graph.initializer ?? []).map(({ name }) => name));
  const fed = found.flatMap(({ input = [] }) => input).filter((name) => !made.has(name) && !held.has(name));
  return { inputs: [...new Set(fed)].map((name) => shortName(name, scope)), nodes: found.map(shown) };
}

function nodeReader(initializers: readonly Initializer[], scope: string): (node: Node) => ShownNode {
  const held = new Map(initializers.map((tensor) => [tensor.name ?? '', tensor]));
  const value = (name: string): ShownValue => {
    const tensor = held.get(name);
    const numbers = tensor === undefined ? undefined : fewNumbers(tensor);
    return numbers === undefined ? { name, text: shortName(name, scope) } : { text: numbers };
  };
  return ({ opType = '', attribute = [], input = [], output = [] }) => ({
    operator: opType,
    attributes: attribute.map((one) => `${one.name} = ${attributeText(one)}`),
    inputs: input.filter((name) => name !== '').map(value),
    outputs: output.filter((name) => name !== '').map((name) => ({ name, text: shortName(name, scope) })),
  });
}

/** `/transformer/h.0/attn/c_attn/MatMul_output_0` is `c_attn/MatMul` to those in its scope; so are weights. */
function shortName(name: string, scope: string): string {
  const dotted = scope.replaceAll('/', '.').replace(/^\./, '');
  const inside = [scope, dotted].find((prefix) => prefix !== '' && name.startsWith(prefix));
  const rest = inside === undefined ? name.replace(/^\/.*\/(?=[^/]+\/[^/]+$)/, '') : name.slice(inside.length);
  return rest.replace(/_output_0$/, '').replace(/_output_(\d+)$/, '.$1');
}

function declared({ name = '', type }: Declared): string {
  const sizes = (type?.tensorType?.shape?.dim ?? []).map(({ dimValue, dimParam }) => dimValue ?? dimParam ?? '?');
  return `${name} [${sizes.join(', ')}]`;
}

function attributeText({ i, f, s, ints, floats }: Attribute): string {
  const list = ints ?? floats;
  if (list !== undefined) return `[${list.map(numberText).join(', ')}]`;
  if (s !== undefined) return new TextDecoder().decode(s);
  return numberText(i ?? f ?? 0);
}

const float32 = 1;
const int64 = 7;
const mostNumbers = 4;

/** The numbers of a stored tensor, where they are few and float32 or int64, as all are that graphs of ours compute with. */
function fewNumbers({ dims = [], dataType, rawData }: Initializer): string | undefined {
  const count = dims.reduce((product, size) => product * size, 1);
  if (rawData === undefined || count > mostNumbers || (dataType !== float32 && dataType !== int64)) return undefined;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  const numbers = Array.from({ length: count }, (_, index) =>
    numberText(dataType === float32 ? view.getFloat32(index * 4, true) : view.getBigInt64(index * 8, true)),
  );
  return dims.length === 0 ? (numbers[0] ?? '') : `[${numbers.join(', ')}]`;
}

function numberText(number: number | bigint): string {
  const text = typeof number === 'bigint' ? String(number) : String(Number(number.toPrecision(6)));
  return text.replace('Infinity', '∞').replace('-', '−');
}
