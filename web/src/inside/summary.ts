import type { ModelInspection } from '../../../src/onnx.ts';
import type { Summary } from './protocol.ts';
import { typeInWords } from './types-in-words.ts';

/** What is told of a file as a whole. */
export function summaryOf(inspection: ModelInspection, bytes: number): Summary {
  const { irVersion, producerName, producerVersion, description, graphName, nodes, problems, functions } = inspection;
  const { opsets, operators, metadata, tensors, hasTrainingInfo, model } = inspection;
  const stored = new Set((model.graph.initializer ?? []).map(({ name }) => name));
  const declared = (model.graph.input ?? []).filter(({ name }) => !stored.has(name));
  const named = ({ name = '', type }: (typeof declared)[number]) => ({ name, text: typeInWords(type) });
  return {
    ...{
      irVersion,
      producerName,
      producerVersion,
      description,
      graphName,
      nodes,
      problems,
      functions,
      hasTrainingInfo,
    },
    opsets: Object.entries(opsets).map(([domain, version]) => ({
      name: domain === '' ? 'ai.onnx' : domain,
      text: `${version}`,
    })),
    inputs: declared.map(named),
    outputs: (model.graph.output ?? []).map(named),
    operators: operators.map((one) => ({ operator: one.operator, nodes: one.nodes })),
    metadata: Object.entries(metadata).map(([name, text]) => ({ name, text })),
    bytes,
    parameters: tensors.filter(({ role }) => role === 'parameter').reduce((sum, { elements }) => sum + elements, 0),
  };
}
