import { decodeModelFields } from './codec.ts';
import { type Declaration, declarationOf } from './declarations.ts';
import type { GraphProto, Int64, ModelProto, NodeProto } from './protos.ts';
import { type StoredTensor, storedSparseTensor, storedTensor } from './stored-tensors.ts';
import type { Selection } from './wire.ts';

/** How often an operator occurs. */
export interface OperatorCount {
  /** With its domain where that is not the standard's own: `com.microsoft.MatMulNBits`. */
  readonly operator: string;
  /** In the model's graph and all bodies in it, each body counted once however often it runs. */
  readonly nodes: number;
  /** How many of them are in bodies of Loop, Scan and If. */
  readonly inBodies: number;
}

/** What is in an ONNX file of any tool. */
export interface ModelInspection {
  readonly irVersion: number;
  /** Version of each operator set; ONNX's own is under ''. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly modelVersion: Int64;
  readonly domain: string;
  readonly description: string;
  readonly graphName: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** What must be given to run it. */
  readonly inputs: readonly Declaration[];
  /** Inputs that may be left out, because the file stores a value for them. */
  readonly optionalInputs: readonly Declaration[];
  readonly outputs: readonly Declaration[];
  readonly tensors: readonly StoredTensor[];
  /** All nodes, those in bodies included, those of functions not. */
  readonly nodes: number;
  /** The most frequent first. */
  readonly operators: readonly OperatorCount[];
  /** The model's own functions, with their number of nodes. */
  readonly functions: readonly { readonly name: string; readonly nodes: number }[];
  /** Whether it has training information, which runtimes for inference pass over. */
  readonly hasTrainingInfo: boolean;
  /** A sentence for each thing that is not as the standard wants it. Other files are not looked at. */
  readonly problems: readonly string[];
  /** The messages that it was read from; without `values` lists of numbers are left out. */
  readonly model: ModelProto;
}

const tensorFields: Selection = {
  dims: true,
  dataType: true,
  name: true,
  rawData: true,
  stringData: true,
  externalData: true,
  dataLocation: true,
};
const sparseFields: Selection = { values: tensorFields, indices: tensorFields, dims: true };

/** Everything but lists of numbers, which take long to read, and other tools' remarks. Graphs are in graphs: it leads back to itself. */
function withoutValues(): Selection {
  const graph: Record<string, true | Selection> = {
    name: true,
    initializer: tensorFields,
    sparseInitializer: sparseFields,
    input: true,
    output: true,
    valueInfo: true,
  };
  const attribute: Selection = {
    name: true,
    t: tensorFields,
    g: graph,
    tensors: tensorFields,
    graphs: graph,
    sparseTensor: sparseFields,
    sparseTensors: sparseFields,
  };
  const node: Selection = { input: true, output: true, name: true, opType: true, domain: true, attribute };
  graph.node = node;
  return {
    irVersion: true,
    producerName: true,
    producerVersion: true,
    domain: true,
    modelVersion: true,
    docString: true,
    graph,
    opsetImport: true,
    metadataProps: true,
    trainingInfo: {},
    functions: { name: true, domain: true, node },
  };
}

/**
 * Finds out what is in a model. Weights are neither copied nor looked at.
 * @param source what to call the file in an error, as the start of a sentence
 * @param values whether `model` is to have lists of numbers too: attributes, and weights that are not raw bytes
 * @throws UserError when the bytes are empty, cut short, damaged, or something else than an ONNX model.
 */
export function inspectModel(
  bytes: Uint8Array,
  source = 'The ONNX model',
  { values = false }: { readonly values?: boolean } = {},
): ModelInspection {
  const model = decodeModelFields(bytes, source, values ? undefined : withoutValues());
  const problems: string[] = [];
  const contents = new Contents(problems);
  contents.addGraph(model.graph, '', true);
  const { operators, nodes } = contents;
  const functions = (model.functions ?? []).map((one) => {
    const name = operatorName(one.name, one.domain);
    const inside = new Contents(problems);
    inside.addNodes(one.node ?? [], name, true);
    contents.tensors.push(...inside.tensors);
    return { name, nodes: inside.nodes };
  });
  const stored = new Set((model.graph.initializer ?? []).map(({ name }) => name));
  const inputs = (model.graph.input ?? []).map(declarationOf);
  return {
    ...descriptionOf(model, problems),
    inputs: inputs.filter(({ name }) => !stored.has(name)),
    optionalInputs: inputs.filter(({ name }) => stored.has(name)),
    outputs: (model.graph.output ?? []).map(declarationOf),
    tensors: contents.tensors,
    nodes,
    operators: [...operators.values()].sort(
      (one, other) => other.nodes - one.nodes || (one.operator < other.operator ? -1 : 1),
    ),
    functions,
    hasTrainingInfo: model.trainingInfo !== undefined,
    problems,
    model,
  };
}

/** An operator with its domain, where that is not the standard's own. */
export function operatorName(name = '', domain = ''): string {
  return domain === '' || domain === 'ai.onnx' ? name : `${domain}.${name}`;
}

function descriptionOf(
  model: ModelProto,
  problems: string[],
): Pick<
  ModelInspection,
  | 'irVersion'
  | 'opsets'
  | 'producerName'
  | 'producerVersion'
  | 'modelVersion'
  | 'domain'
  | 'description'
  | 'graphName'
  | 'metadata'
> {
  const metadata = new Map<string, string>();
  for (const { key = '', value = '' } of model.metadataProps ?? []) {
    if (metadata.has(key)) problems.push(`The metadata key ${key} is there twice.`);
    metadata.set(key, value);
  }
  const opsets = model.opsetImport.map(({ domain = '', version = 0 }): [string, number] => [
    domain === 'ai.onnx' ? '' : domain,
    version,
  ]);
  return {
    irVersion: model.irVersion,
    opsets: Object.fromEntries(opsets),
    producerName: model.producerName ?? '',
    producerVersion: model.producerVersion ?? '',
    modelVersion: model.modelVersion ?? 0,
    domain: model.domain ?? '',
    description: model.docString ?? '',
    graphName: model.graph.name ?? '',
    // fromEntries defines properties, so that a key such as '__proto__' is a key like any other.
    metadata: Object.fromEntries(metadata),
  };
}

/** Nodes and tensors of a graph and of all graphs in it. */
class Contents {
  readonly tensors: StoredTensor[] = [];
  readonly operators = new Map<string, { operator: string; nodes: number; inBodies: number }>();
  nodes = 0;
  readonly #problems: string[];

  constructor(problems: string[]) {
    this.#problems = problems;
  }

  addGraph(
    { initializer = [], sparseInitializer = [], node = [] }: GraphProto,
    scope: string,
    isOutermost: boolean,
  ): void {
    const names = new Set<string>();
    for (const tensor of initializer) {
      const { name = '' } = tensor;
      if (names.has(name)) this.#problems.push(`Tensor ${name} is stored twice.`);
      names.add(name);
      this.tensors.push(storedTensor(tensor, name, scope, this.#problems));
    }
    for (const tensor of sparseInitializer) this.tensors.push(storedSparseTensor(tensor, scope));
    this.addNodes(node, scope, isOutermost);
  }

  addNodes(nodes: readonly NodeProto[], scope: string, isOutermost: boolean): void {
    for (const node of nodes) {
      this.#count(node, isOutermost);
      for (const attribute of node.attribute ?? []) {
        const { name = '', t, tensors = [], sparseTensor, sparseTensors = [], g, graphs = [] } = attribute;
        const [output = ''] = node.output ?? [];
        for (const tensor of t === undefined ? tensors : [t, ...tensors]) {
          this.tensors.push(storedTensor(tensor, output, scope, this.#problems));
        }
        for (const tensor of sparseTensor === undefined ? sparseTensors : [sparseTensor, ...sparseTensors]) {
          this.tensors.push(storedSparseTensor(tensor, scope));
        }
        const path = [scope, `${node.name ?? output}.${name}`].filter((part) => part !== '').join('/');
        for (const body of g === undefined ? graphs : [g, ...graphs]) this.addGraph(body, path, false);
      }
    }
  }

  #count({ opType, domain }: NodeProto, isOutermost: boolean): void {
    const operator = operatorName(opType, domain);
    const count = this.operators.get(operator) ?? { operator, nodes: 0, inBodies: 0 };
    this.operators.set(operator, count);
    this.nodes += 1;
    count.nodes += 1;
    if (!isOutermost) count.inBodies += 1;
  }
}
