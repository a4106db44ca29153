import { declarationOf, elementTypeName, formatDeclaration, formatSizes } from './declarations.ts';
import { DataLocation } from './enums.ts';
import { operatorName } from './inspection.ts';
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto } from './protos.ts';
import { readTensor } from './tensor-proto.ts';

/** Values that are shown where a constant is used or stored; longer ones are told by type and shape. */
const shownElements = 8;

/** The types of values by name, as far as the file says them. */
type Types = ReadonlyMap<string, string>;

/** A file's graphs and functions as text, a line a node; what is in a body stands indented under its node. */
export function* printModel({ graph, functions = [] }: ModelProto): Generator<string> {
  yield `graph ${graph.name ?? ''}`;
  yield* printGraph(graph, '  ', new Map());
  for (const one of functions) yield* printFunction(one);
}

function* printGraph(graph: GraphProto, indent: string, outer: Types): Generator<string> {
  const { input = [], output = [], valueInfo = [], initializer = [], sparseInitializer = [], node = [] } = graph;
  const declared = [...input, ...output, ...valueInfo].map(declarationOf);
  const types = new Map([...outer, ...declared.map((one): [string, string] => [one.name, formatDeclaration(one)])]);
  for (const tensor of initializer) yield `${indent}stored ${tensor.name ?? ''} = ${formatTensor(tensor)}`;
  for (const { values = {}, dims = [] } of sparseInitializer) {
    yield `${indent}stored ${values.name ?? ''} = sparse ${elementTypeName(values.dataType)} ${formatSizes(dims)}`;
  }
  for (const one of input.map(declarationOf)) yield `${indent}input ${one.name}: ${formatDeclaration(one)}`;
  yield* printNodes(node, indent, types);
  for (const one of output.map(declarationOf)) yield `${indent}output ${one.name}: ${formatDeclaration(one)}`;
}

function* printFunction({
  name,
  domain,
  input = [],
  output = [],
  node = [],
  valueInfo = [],
}: FunctionProto): Generator<string> {
  const types = new Map(
    valueInfo.map(declarationOf).map((one): [string, string] => [one.name, formatDeclaration(one)]),
  );
  yield `function ${operatorName(name, domain)}(${input.join(', ')})`;
  yield* printNodes(node, '  ', types);
  yield `  return ${output.join(', ')}`;
}

function* printNodes(nodes: readonly NodeProto[], indent: string, types: Types): Generator<string> {
  for (const { opType, domain, input = [], output = [], attribute = [] } of nodes) {
    const bodies = attribute.flatMap(({ name = '', g, graphs = [] }) =>
      (g === undefined ? graphs : [g, ...graphs]).map((body) => ({ name, body })),
    );
    const plain = attribute.filter(({ g, graphs }) => g === undefined && graphs === undefined);
    const arguments_ = [
      ...input.map((name) => (name === '' ? '–' : name)),
      ...plain.map((one) => formatAttribute(one, opType)),
    ];
    const call = `${output.join(', ')} = ${operatorName(opType, domain)}(${arguments_.join(', ')})`;
    const known = output.flatMap((name) => types.get(name) ?? []);
    yield `${indent}${call}${known.length === 0 ? '' : `  // ${known.join(', ')}`}`;
    for (const { name, body } of bodies) {
      yield `${indent}  ${name}:`;
      yield* printGraph(body, `${indent}    `, types);
    }
  }
}

function formatAttribute({ name = '', refAttrName, ...value }: AttributeProto, operator = ''): string {
  if (refAttrName !== undefined) return `${name}=@${refAttrName}`;
  // The one number that stands for a type.
  const isType = operator === 'Cast' && name === 'to';
  return `${name}=${isType ? elementTypeName(Number(value.i)) : formatValue(value)}`;
}

/** Whichever field holds a value; a number that is 0 or a text that is empty may have been left out. */
function formatValue({
  f,
  i,
  s,
  t,
  floats,
  ints,
  strings,
  tensors,
  tp,
  typeProtos,
  sparseTensor,
}: AttributeProto): string {
  if (t !== undefined) return formatTensor(t);
  if (s !== undefined) return formatText(s);
  if (sparseTensor !== undefined) return `sparse tensor ${formatSizes(sparseTensor.dims ?? [])}`;
  if (tp !== undefined) return formatDeclaration(declarationOf({ type: tp }));
  if (i !== undefined || f !== undefined) return `${i ?? formatNumber(f ?? 0)}`;
  const list = ints ?? floats?.map(formatNumber) ?? strings?.map(formatText) ?? tensors?.map(formatTensor);
  const types = typeProtos?.map((type) => formatDeclaration(declarationOf({ type })));
  return `[${(list ?? types ?? []).join(', ')}]`;
}

/** `int64 [3] [1, 8, 16]`, without its values where they are many or not in the file. */
function formatTensor(tensor: TensorProto): string {
  const { dims = [], dataType, dataLocation } = tensor;
  const type = `${elementTypeName(dataType)} ${formatSizes(dims)}`;
  const elements = dims.reduce((product, size) => product * size, 1);
  if (dataLocation === DataLocation.EXTERNAL || elements > shownElements) return type;
  const values = valuesOf(tensor);
  if (values === undefined) return type;
  return `${type} ${dims.length === 0 ? values.join('') : `[${values.join(', ')}]`}`;
}

/** A small tensor's values; undefined where they can't be read, or their bits are no numbers to JavaScript. */
function valuesOf(tensor: TensorProto): readonly string[] | undefined {
  try {
    const { data } = readTensor(tensor);
    if (data instanceof Float32Array) return Array.from(data, formatNumber);
    if (data instanceof Float64Array) return Array.from(data, String);
    const elements = (tensor.dims ?? []).reduce((product, size) => product * size, 1);
    const isPlain =
      /^(u?int(8|16|32|64)|bool|string)$/.test(elementTypeName(tensor.dataType)) && data.length === elements;
    return isPlain
      ? Array.from<unknown, string>(data, (value) => (typeof value === 'string' ? JSON.stringify(value) : `${value}`))
      : undefined;
  } catch {
    return undefined; // what is wrong with it is among the problems
  }
}

/** The shortest digits that give the same float32. */
function formatNumber(value: number): string {
  const digits = [6, 7, 8].find((count) => Math.fround(Number(value.toPrecision(count))) === Math.fround(value)) ?? 9;
  return `${Number(value.toPrecision(digits))}`;
}

function formatText(bytes: Uint8Array): string {
  return JSON.stringify(new TextDecoder().decode(bytes));
}
