import type { Block, Dimension, ElementType, Graph, NamedNode, NamedValue, TensorData, Value } from '../graph/index.ts';
import { attributeForms, GraphError, lowestVersion } from '../graph/index.ts';
import { encodeModel } from '../onnx/codec.ts';
import { dataTypes } from '../onnx/data-types.ts';
import { AttributeType } from '../onnx/enums.ts';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from '../onnx/protos.ts';
import { tensorProto } from '../onnx/tensor-proto.ts';
import type { Weights } from '../programs/parameters.ts';
import { moveOutside } from './external-data.ts';
import { defaultOpset, lowestIr } from './opsets.ts';

export interface WriteOptions {
  /** From 17 to 26; 18 unless told. */
  readonly opset?: number;
  /** What the file's held parameters weigh. */
  readonly weights?: Weights;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly docString?: string;
}

export const producerName = 'trilu';

/**
 * A graph as the bytes of an .onnx file, at the lowest file format version its opset allows.
 * @throws GraphError when an operator is newer than the opset, or weights are missing or of the wrong size.
 */
export function writeOnnx(graph: Graph, options: WriteOptions = {}): Uint8Array<ArrayBuffer> {
  return encodeModel(modelOf(graph, options));
}

/**
 * The same in two files: the model, and the bytes of its large weights, which it looks for under `location` beside it.
 * @throws GraphError as `writeOnnx` does.
 */
export function writeOnnxInTwo(
  graph: Graph,
  location: string,
  options: WriteOptions = {},
): { readonly model: Uint8Array<ArrayBuffer>; readonly data: Uint8Array<ArrayBuffer> } {
  const { model, data } = moveOutside(modelOf(graph, options), location);
  return { model: encodeModel(model), data };
}

function modelOf(graph: Graph, options: WriteOptions): ModelProto {
  const { opset = defaultOpset, metadata = {}, docString } = options;
  const irVersion = lowestIr(opset);
  const domains = [...otherDomains(graph)].map(([domain, version]) => ({ domain, version }));
  const metadataProps = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  return {
    irVersion,
    opsetImport: [{ domain: '', version: opset }, ...domains],
    producerName,
    ...(docString === undefined ? {} : { docString }),
    ...(metadataProps.length === 0 ? {} : { metadataProps }),
    graph: new GraphWriter(opset, options.weights ?? new Map()).write(graph),
  };
}

/** All nodes of a block and of the bodies in it. */
function allNodes(block: Block): NamedNode[] {
  return block.nodes.flatMap((node) => [node, ...Object.values(node.bodies).flatMap(allNodes)]);
}

/** All constants of a block and of the bodies in it. */
function allConstants(block: Block): readonly NamedValue[] {
  const inner = block.nodes.flatMap(({ bodies }) => Object.values(bodies).flatMap(allConstants));
  return [...block.constants, ...inner];
}

/** The domains of operators that are not the standard's, each at the version that its newest operator needs. */
function otherDomains(graph: Graph): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { node } of allNodes(graph)) {
    const { domain = '' } = node.operator;
    if (domain !== '') found.set(domain, Math.max(lowestVersion(node), found.get(domain) ?? 0));
  }
  return found;
}

class GraphWriter {
  readonly #opset: number;
  readonly #weights: Weights;
  /** Vectors of axes that some opsets want as inputs, by content. */
  readonly #vectors = new Map<string, TensorProto>();
  /** The names that the graph has given already. */
  #taken: ReadonlySet<string> = new Set();

  constructor(opset: number, weights: Weights) {
    this.#opset = opset;
    this.#weights = weights;
  }

  write(graph: Graph): GraphProto {
    const given = [...graph.inputs, ...graph.parameters, ...allConstants(graph)].map(({ name }) => name);
    this.#taken = new Set([...given, ...allNodes(graph).flatMap(({ outputs }) => outputs)]);
    const node = graph.nodes.map((named) => this.#node(named));
    const initializer = [
      ...graph.parameters.map((named) => this.#weight(named)),
      ...graph.constants.map(({ name, value }) => constantTensor(name, value)),
      ...this.#vectors.values(),
    ];
    const valueInfo = innerValues(graph);
    return { name: graph.name, node, initializer, ...valueInfos(graph), valueInfo };
  }

  #body(name: string, block: Block): GraphProto {
    const initializer = block.constants.map(({ name: constant, value }) => constantTensor(constant, value));
    return {
      name,
      node: block.nodes.map((named) => this.#node(named)),
      ...(initializer.length === 0 ? {} : { initializer }),
      ...valueInfos(block),
      valueInfo: innerValues(block),
    };
  }

  #node({ name, node, inputs, outputs, bodies }: NamedNode): NodeProto {
    const { operator } = node;
    const lowest = lowestVersion(node);
    const version = (operator.domain ?? '') === '' ? this.#opset : lowest;
    if (lowest > version) {
      throw new GraphError(`${operator.name} exists from opset ${lowest} on; it can't be written at ${version}`);
    }
    const attribute: AttributeProto[] = [];
    const input = [...inputs];
    for (const [key, { kind, inputSince = Number.POSITIVE_INFINITY }] of attributeForms(operator)) {
      const value = node.attributes[key];
      if (value === undefined) continue;
      if (version >= inputSince) input.push(this.#vector(value));
      else attribute.push(writers[kind](key, value));
    }
    for (const [key, block] of Object.entries(bodies)) {
      attribute.push({ name: key, type: AttributeType.GRAPH, g: this.#body(`${name}_${key}`, block) });
    }
    return {
      name,
      opType: operator.name,
      ...(operator.domain === undefined ? {} : { domain: operator.domain }),
      ...(input.length === 0 ? {} : { input }),
      output: trimmed(outputs),
      ...(attribute.length === 0 ? {} : { attribute }),
    };
  }

  #vector(value: unknown): string {
    const numbers = Array.isArray(value) ? value.map(Number) : [Number(value)];
    const content = numbers.join('_').replaceAll('-', 'minus_');
    let name = `axes_${content}`;
    while (this.#taken.has(name)) name += '_';
    if (!this.#vectors.has(content)) {
      this.#vectors.set(content, tensorProto(name, 'int64', [numbers.length], BigInt64Array.from(numbers, BigInt)));
    }
    return name;
  }

  #weight({ name, value }: NamedValue): TensorProto {
    const data = this.#weights.get(name);
    if (data === undefined) throw new GraphError(`there are no weights for the parameter ${name}`);
    const dims = numericShape(value);
    const size = dims.reduce((product, dimension) => product * dimension, 1);
    if (data.length !== size) {
      throw new GraphError(`the parameter ${name} has ${size} elements, but its weights have ${data.length}`);
    }
    return tensorProto(name, 'float32', dims, data);
  }
}

/** What a block's nodes make for each other, with types. */
function innerValues({ nodes, outputs: given }: Block): ValueInfoProto[] {
  const outside = new Set(given.map(({ name }) => name));
  return nodes.flatMap(({ node, outputs }) =>
    outputs.flatMap((name, index) => {
      const value = node.outputs[index];
      return name === '' || outside.has(name) || value === undefined ? [] : [valueInfoOf({ name, value })];
    }),
  );
}

/** Optional outputs that nobody uses are left out: '' in the middle, nothing at the end. */
function trimmed(outputs: readonly string[]): string[] {
  const last = outputs.findLastIndex((name) => name !== '');
  return outputs.slice(0, last + 1);
}

function constantTensor(name: string, value: Value): TensorProto {
  if (value.source.kind !== 'constant') throw new TypeError(`${name} is no constant`);
  return tensorProto(name, value.type, numericShape(value), value.source.data satisfies TensorData);
}

function numericShape({ shape }: Value): number[] {
  return shape.map((dimension) => {
    if (typeof dimension !== 'number')
      throw new GraphError(`a stored tensor can't have the symbolic dimension ${dimension}`);
    return dimension;
  });
}

function valueInfos({ inputs, outputs }: Block): Pick<GraphProto, 'input' | 'output'> {
  return {
    ...(inputs.length === 0 ? {} : { input: inputs.map(valueInfoOf) }),
    ...(outputs.length === 0 ? {} : { output: outputs.map(valueInfoOf) }),
  };
}

function valueInfoOf({ name, value: { type, shape } }: NamedValue): ValueInfoProto {
  const dim = shape.map((dimension: Dimension) =>
    typeof dimension === 'number' ? { dimValue: dimension } : { dimParam: dimension },
  );
  return { name, type: { tensorType: { elemType: elementNumber(type), shape: dim.length === 0 ? {} : { dim } } } };
}

function elementNumber(type: ElementType): number {
  return dataTypes[type].number;
}

const writers = {
  int: (name: string, value: unknown): AttributeProto => ({ name, type: AttributeType.INT, i: Number(value) }),
  ints: (name: string, value: unknown): AttributeProto => ({
    name,
    type: AttributeType.INTS,
    ints: Array.isArray(value) ? value.map(Number) : [],
  }),
  float: (name: string, value: unknown): AttributeProto => ({ name, type: AttributeType.FLOAT, f: Number(value) }),
  string: (name: string, value: unknown): AttributeProto => ({
    name,
    type: AttributeType.STRING,
    s: new TextEncoder().encode(String(value)),
  }),
  strings: (name: string, value: unknown): AttributeProto => ({
    name,
    type: AttributeType.STRINGS,
    strings: Array.isArray(value) ? value.map((text) => new TextEncoder().encode(String(text))) : [],
  }),
  type: (name: string, value: unknown): AttributeProto => ({
    name,
    type: AttributeType.INT,
    i: elementNumber(value as ElementType),
  }),
};
