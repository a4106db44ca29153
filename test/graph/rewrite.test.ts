import { describe, expect, test } from 'vitest';
import { writeOnnx } from '../../src/export/write-onnx.ts';
import {
  add,
  build,
  cast,
  constant,
  dimensionOf,
  type Graph,
  input,
  loop,
  matMul,
  mul,
  namedConstant,
  neg,
  parameter,
  printGraph,
  rewrite,
  scan,
  scope,
  slice,
  split,
  turnNumber,
  type Value,
} from '../../src/graph/index.ts';
import { makeProgram, programNames } from '../../src/programs/index.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { problemsOf } from '../support/check-graph.ts';
import { numbersOf, runFile } from '../support/run-graph.ts';
import { someOptimizer, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

/** Another value in the place of a parameter that is the same in all but identity. */
function copyOf(leaf: Value): Value | undefined {
  if (leaf.source.kind !== 'parameter') return undefined;
  return namedConstant(
    leaf.source.name,
    new Float32Array(leaf.shape.map(Number).reduce((a, b) => a * b, 1)),
    'float32',
    leaf.shape.map(Number),
  );
}

/** What a graph prints, but for the list of parameters. */
const nodesOf = (graph: Graph): string =>
  printGraph(graph)
    .split('\n')
    .filter((line) => !line.startsWith('  parameter '))
    .join('\n');

describe.each(tinyStages)('%s', (stage) => {
  test.each(programNames)('%s is made anew with the same names, scopes, shapes and order', (name) => {
    const { graph } = makeProgram(name, tinyModel(stage, { layers: 1 }), { optimizer: someOptimizer });
    expect(rewrite(graph, {}).nodes.map(({ node }) => node)).toEqual(graph.nodes.map(({ node }) => node));
    const copied = rewrite(graph, { leaf: copyOf });
    expect(nodesOf(copied)).toBe(nodesOf(graph));
    expect(problemsOf(copied)).toEqual([]);
    expect(copied.parameters).toEqual([]); // train's parameters are fed, so they stay inputs
    expect(copied.constants.filter(({ value }) => value.source.kind === 'constant' && value.source.name)).toHaveLength(
      graph.parameters.length,
    );
  });
});

test('nothing is made anew where no rule applies', () => {
  const { graph } = makeProgram('generate', tinyModel('gpt'), { optimizer: someOptimizer });
  const same = rewrite(graph, { leaf: () => undefined, node: () => undefined });
  expect(same.nodes.every(({ node }, index) => node === graph.nodes[index]?.node)).toBe(true);
});

test('leaves and nodes are replaced outside of a loop, in its body and in a loop inside of it', async () => {
  const [x, outer, inner] = [
    input('x', 'float32', [2]),
    input('outer', 'float32', [2]),
    input('inner', 'float32', [2]),
  ];
  const w = parameter('w', [2]);
  const count = constant(2, 'int64');
  const turns = (turns: string, formal: Value, initial: Value, next: Value): Value =>
    loop({ count, turns, turn: turnNumber(), states: [{ formal, initial, next }], outputs: [] }).states[0] ?? next;
  const innerLoop = turns('inner', inner, add(outer, w), mul(inner, w)); // (outer + w) · w²
  const y = turns('outer', outer, mul(x, w), innerLoop);
  const graph = rewrite(build({ name: 'g', inputs: { x }, outputs: { y } }), {
    leaf: (leaf) => (leaf === w ? namedConstant('w', Float32Array.of(2, 3), 'float32', [2]) : undefined),
    node: ({ operator }, [left, right]) => (operator.name === 'Add' && left && right ? [mul(left, right)] : undefined),
  });
  expect(graph.parameters).toEqual([]);
  const { y: result } = await runFile(writeOnnx(graph), { x: tensor('float32', [2], [1, 10]) });
  // With the sum made a product: x·w, then twice · w · w².
  expect(numbersOf(result)).toEqual([2 ** 7, 10 * 3 ** 7]);
});

test('what stands for a node inherits its scope', () => {
  const x = input('x', 'float32', ['batch', 4]);
  const y = scope('head', () => scope('h.0', () => matMul(x, parameter('w', [4, 4]))));
  const graph = rewrite(build({ name: 'g', inputs: { x }, outputs: { y } }), {
    leaf: (leaf) =>
      leaf.source.kind === 'parameter' ? neg(namedConstant('w', new Float32Array(16), 'float32', [4, 4])) : undefined,
    node: ({ operator }, [left, right]) =>
      operator.name === 'MatMul' && left && right ? [matMul(mul(left, 2), right)] : undefined,
  });
  expect(graph.nodes.map(({ name }) => name)).toEqual(['/head/h.0/Mul', '/head/h.0/Neg', '/head/h.0/MatMul']);
});

test('what is known of shapes goes on to what stands for them', () => {
  const x = input('x', 'float32', ['batch', 'time', 4]);
  const doubled = mul(x, 2);
  const shifted = slice(doubled, { axis: 1, end: dimensionOf(doubled, 1), length: 'time' });
  const graph = rewrite(build({ name: 'g', inputs: { x }, outputs: { shifted } }), {
    node: ({ operator }, [left]) => (operator.name === 'Mul' && left ? [neg(left)] : undefined),
  });
  expect(`${graph.outputs[0]?.value}`).toBe('float32 (batch, time, 4)');
});

test('a loop, its body and the outputs keep their types: what a rule has changed is cast at the border', () => {
  const [x, state, element] = [input('x', 'float32', [3, 2]), input('s', 'float32', [2]), input('e', 'float32', [2])];
  const start = neg(parameter('start', [2]));
  const next = add(state, element);
  const result = scan({
    states: [{ formal: state, initial: start, next }],
    sequences: [{ formal: element, sequence: x }],
    outputs: [],
  });
  const y = result.states[0] ?? start;
  const graph = rewrite(build({ name: 'g', inputs: { x }, outputs: { y, negative: start } }), {
    node: ({ operator }, inputs) => {
      const [left, right] = inputs.map((value) => value && cast(value, 'float16'));
      if (operator.name === 'Neg' && left) return [neg(left)];
      return operator.name === 'Add' && left && right ? [add(left, right)] : undefined;
    },
  });
  expect(graph.outputs.map(({ value }) => value.type)).toEqual(['float32', 'float32']);
  const scanned = graph.nodes.find(({ node }) => node.operator.name === 'Scan');
  expect(scanned?.node.inputs[0]?.type).toBe('float32');
  expect(scanned?.bodies.body?.outputs[0]?.value.type).toBe('float32');
  expect(scanned?.bodies.body?.nodes.map(({ node }) => node.operator.name)).toEqual(['Cast', 'Cast', 'Add', 'Cast']);
  expect(problemsOf(graph)).toEqual([]);
});

describe('errors', () => {
  const x = input('x', 'float32', [4]);
  const [first, second] = split(mul(x, parameter('w', [4])), [2, 2], { axis: 0 }) as [Value, Value];
  const graph = build({ name: 'g', inputs: { x }, outputs: { first, second } });

  test.each<[what: string, run: () => Graph, message: string]>([
    [
      'a leaf of another shape',
      () => rewrite(graph, { leaf: (leaf) => (leaf.source.kind === 'parameter' ? constant([1, 2]) : undefined) }),
      "float32 (2) can't stand for the leaf float32 (4)",
    ],
    [
      'a node of another shape',
      () => rewrite(graph, { node: ({ operator }) => (operator.name === 'Mul' ? [constant([1, 2])] : undefined) }),
      "float32 (2) can't stand for float32 (4), output 0 of /Mul",
    ],
    [
      'an output that nothing stands for',
      () => rewrite(graph, { node: ({ operator }) => (operator.name === 'Split' ? [constant([1, 2])] : undefined) }),
      'nothing stands for float32 (2), an output of Split that is used',
    ],
    [
      'types that do not fit',
      () =>
        rewrite(graph, {
          leaf: (leaf) => (leaf.source.kind === 'parameter' ? constant([1, 2, 3, 4], 'int32') : undefined),
        }),
      'types float32 and int32 differ',
    ],
  ])('%s is told', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
