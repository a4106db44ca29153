import type { Block, Graph, NamedNode } from './build.ts';
import { formatShape } from './dimensions.ts';

/** The graph as text, a line a node: for reading and for tests. */
export function printGraph(graph: Graph): string {
  const held = graph.parameters.map(({ name, value }) => `  parameter ${name}: ${value}`);
  return [`graph ${graph.name}`, ...held, ...printBlock(graph, '  ')].join('\n');
}

function printBlock({ inputs, outputs, nodes }: Block, indent: string): string[] {
  return [
    ...inputs.map(({ name, value }) => `${indent}input ${name}: ${value}`),
    ...nodes.flatMap((node) => printNode(node, indent)),
    ...outputs.map(({ name, value }) => `${indent}output ${name}: ${value}`),
  ];
}

function printNode({ node, inputs, outputs, bodies }: NamedNode, indent: string): string[] {
  const attributes = Object.keys(node.operator.attributes ?? {})
    .filter((name) => node.attributes[name] !== undefined)
    .map((name) => `${name}=${node.attributes[name]}`);
  const shapes = node.outputs.map(({ shape }) => formatShape(shape)).join(', ');
  const call = `${node.operator.name}(${[...inputs, ...attributes].join(', ')})`;
  return [
    `${indent}${outputs.join(', ')} = ${call}  // ${shapes}`,
    ...Object.values(bodies).flatMap((body) => printBlock(body, `${indent}  `)),
  ];
}
