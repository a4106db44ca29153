import type { Block, Graph } from '../../src/graph/index.ts';

/**
 * What is wrong with the names of a graph: everything is defined once in the whole model, bodies included, and nothing is used
 * before it is defined or outside of the body that defines it.
 */
export function problemsOf(graph: Graph): string[] {
  const problems: string[] = [];
  const values = new Set<string>();
  const nodes = new Set<string>();
  const define = (name: string, among: Set<string>, what: string): void => {
    if (name === '') return;
    if (among.has(name)) problems.push(`${what} ${name} is defined twice`);
    among.add(name);
  };
  const visit = (block: Block, outer: ReadonlySet<string>): void => {
    const visible = new Set(outer);
    const add = (name: string): void => {
      define(name, values, 'value');
      visible.add(name);
    };
    for (const { name } of block.inputs) add(name);
    for (const { name } of block === graph ? [] : block.constants) add(name);
    for (const { name, inputs, outputs, bodies } of block.nodes) {
      define(name, nodes, 'node');
      for (const used of inputs)
        if (used !== '' && !visible.has(used)) problems.push(`${name} uses ${used} before it is defined`);
      for (const body of Object.values(bodies)) visit(body, visible);
      for (const output of outputs) add(output);
    }
    for (const { name } of block.outputs) if (!visible.has(name)) problems.push(`output ${name} is defined nowhere`);
  };
  const held = [...graph.parameters, ...graph.constants].map(({ name }) => name);
  for (const name of held) define(name, values, 'value');
  visit(graph, new Set(held));
  return problems;
}
