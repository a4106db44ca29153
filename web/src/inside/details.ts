import { attributesInWords } from './attributes.ts';
import { titleOf } from './box-text.ts';
import { elementTypeName } from './element-types.ts';
import { type FileGraph, type Item, lookUp, type Value } from './items.ts';
import { meaningOf } from './meanings.ts';
import { operatorOf } from './messages.ts';
import type { Details, OperatorShare, Place, TensorDetails, ValueDetails } from './protocol.ts';
import { pathTo } from './start.ts';
import { statisticsOf } from './statistics.ts';
import { bytesOfTensor, elementsOf, fewNumbers, numbersOf, outsidePlace } from './tensor-numbers.ts';
import { sizesInWords } from './types-in-words.ts';

/** Reads a piece of another file that was given beside the model; undefined where it was not. */
export type ReadOutside = (location: string, offset: number, length: number) => Promise<Uint8Array | undefined>;

/** So many of the places where a value goes are told. */
const mostPlaces = 12;
const mostOperators = 12;
const mostValues = 200;
/** Numbers that are told one by one. */
const fewElements = 16;

/** What is told of an item. */
export async function detailsOf(id: number, graph: FileGraph, readOutside: ReadOutside): Promise<Details | undefined> {
  const item = graph.items[id];
  if (item === undefined) return undefined;
  const { node, value, kind } = item;
  if (node !== undefined) return nodeDetails(item, graph, readOutside);
  if (value !== undefined && (kind === 'input' || kind === 'output')) {
    return { kind, item: id, value: ioDetails(item, value, graph) };
  }
  return scopeDetails(item, graph);
}

async function nodeDetails(item: Item, graph: FileGraph, readOutside: ReadOutside): Promise<Details> {
  const { node = {}, id, name, frame, nodes } = item;
  const { input = [], output = [], opType, domain = '' } = node;
  const read = input.map((one) => (one === '' ? undefined : lookUp(frame, one)));
  const stored = new Set(read.flatMap((value) => value?.tensor ?? []));
  const own = (node.attribute ?? []).flatMap(({ t, tensors = [] }) => (t === undefined ? tensors : [t, ...tensors]));
  const meaning = meaningOf(opType);
  const weights: TensorDetails[] = [];
  for (const tensor of [...stored, ...own]) weights.push(await tensorDetails(tensor, readOutside));
  return {
    kind: 'node',
    item: id,
    operator: operatorOf(node),
    domain: domain === '' ? 'ai.onnx' : domain,
    name,
    ...(meaning === undefined || (domain !== '' && domain !== 'ai.onnx' && domain !== 'com.microsoft')
      ? {}
      : { meaning }),
    inputs: input.map((one, index) => valueDetails(one, read[index], read[index]?.producers ?? [], graph)),
    outputs: output.map((one) => {
      const value = one === '' ? undefined : lookUp(frame, one);
      return valueDetails(one, value, [...(value?.consumers ?? [])], graph);
    }),
    attributes: attributesInWords(node),
    weights,
    nodesInside: nodes - 1,
  };
}

function scopeDetails(item: Item, graph: FileGraph): Details {
  const { id, name, nodes, kind } = item;
  const counts = new Map<string, number>();
  const readers = new Set<number>();
  const values: ValueDetails[] = [];
  const visit = (inner: Item): void => {
    readers.add(inner.id);
    if (inner.node !== undefined) {
      const operator = operatorOf(inner.node);
      counts.set(operator, (counts.get(operator) ?? 0) + 1);
    }
    if (inner.value !== undefined && nodes === 0) values.push(ioDetails(inner, inner.value, graph));
    for (const child of inner.children) {
      const next = graph.items[child];
      if (next !== undefined) visit(next);
    }
  };
  visit(item);
  const parameters = graph.stored
    .filter((value) => isParameter(value) && [...value.consumers].some((reader) => readers.has(reader)))
    .reduce((sum, { tensor }) => sum + (tensor === undefined ? 0 : elementsOf(tensor)), 0);
  const operators: readonly OperatorShare[] = [...counts]
    .map(([operator, count]) => ({ operator, nodes: count }))
    .sort((one, other) => other.nodes - one.nodes)
    .slice(0, mostOperators);
  const title = kind === 'run' || kind === 'values' ? item.label : titleOf(item);
  return { kind: 'scope', item: id, name, title, nodes, parameters, operators, values: values.slice(0, mostValues) };
}

/** Element types in which shapes, axes, indices and conditions come: int64, bool, string. */
const constantTypes: ReadonlySet<number> = new Set([7, 9, 8]);

/** As `inspectModel` tells parameters from constants. */
function isParameter({ tensor }: Value): boolean {
  return tensor !== undefined && !constantTypes.has(tensor.dataType ?? 0) && elementsOf(tensor) > 1;
}

/** An input with what reads it; an output with what makes it. */
function ioDetails({ kind, frame }: Item, value: Value, graph: FileGraph): ValueDetails {
  const made = kind === 'output' ? lookUp(frame, value.name) : value;
  const type = value.type === 'unknown' ? (made?.type ?? value.type) : value.type;
  return {
    ...valueDetails(value.name, made, kind === 'output' ? (made?.producers ?? []) : [...value.consumers], graph),
    type,
  };
}

function valueDetails(
  name: string,
  value: Value | undefined,
  items: readonly number[],
  graph: FileGraph,
): ValueDetails {
  const places = items.slice(0, mostPlaces).flatMap((id) => placeOf(id, graph) ?? []);
  return { name, type: name === '' ? '' : (value?.type ?? 'unknown'), places, count: items.length };
}

function placeOf(id: number, { items }: FileGraph): Place | undefined {
  const item = items[id];
  if (item === undefined) return undefined;
  return {
    item: id,
    label: item.node === undefined ? `${item.kind} ${titleOf(item)}` : item.name || titleOf(item),
    path: pathTo(items, id),
  };
}

/** What is told of a stored tensor, its numbers read where they are. */
export async function tensorDetails(
  tensor: NonNullable<Value['tensor']>,
  readOutside: ReadOutside,
): Promise<TensorDetails> {
  const elements = elementsOf(tensor);
  const bytes = bytesOfTensor(tensor);
  const content = fewNumbers(tensor, fewElements);
  const described = {
    name: tensor.name ?? '',
    type: typeOf(tensor),
    elements,
    bytes,
    ...(content === undefined ? {} : { content }),
  };
  const outside = outsidePlace(tensor);
  const read =
    outside === undefined ? undefined : await readOutside(outside.location, outside.offset, outside.length ?? bytes);
  if (outside !== undefined && read === undefined) {
    const problem = `Its numbers are in another file, ${outside.location}: choose it together with the model.`;
    return { ...described, notFinite: 0, problem };
  }
  const numbers = numbersOf(tensor, read);
  if (typeof numbers === 'string') {
    return content === undefined ? { ...described, notFinite: 0, problem: numbers } : { ...described, notFinite: 0 };
  }
  return { ...described, ...statisticsOf(numbers) };
}

function typeOf({ dataType, dims = [] }: NonNullable<Value['tensor']>): string {
  return `${elementTypeName(dataType)} ${sizesInWords(dims)}`;
}
