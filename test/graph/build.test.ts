import { describe, expect, test } from 'vitest';
import { writeOnnx } from '../../src/export/write-onnx.ts';
import {
  add,
  build,
  concat,
  constant,
  exp,
  type Graph,
  GraphError,
  identity,
  input,
  loop,
  matMul,
  mul,
  neg,
  parameter,
  printGraph,
  reduceSum,
  scan,
  scope,
  slice,
  turnNumber,
  unsqueeze,
  type Value,
} from '../../src/graph/index.ts';
import { decodeModel } from '../../src/onnx/codec.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { problemsOf } from '../support/check-graph.ts';
import { numbersOf, runFile, runGraph } from '../support/run-graph.ts';

const operatorsOf = (graph: Graph): string[] => graph.nodes.map(({ node }) => node.operator.name);
const floats = (...numbers: number[]) => tensor('float32', [numbers.length], numbers);

describe('build', () => {
  test('takes what the outputs reach, each node once, dependencies first, whatever the order of the calls', () => {
    const x = input('x', 'float32', ['batch']);
    const shared = exp(x);
    neg(shared); // reached by no output
    const left = mul(shared, 2);
    const graph = build({ name: 'g', inputs: { x }, outputs: { y: add(left, neg(shared)) } });
    expect(operatorsOf(graph).sort()).toEqual(['Add', 'Exp', 'Mul', 'Neg']);
    expect(problemsOf(graph)).toEqual([]);
  });

  test('writes equal constants once, and unequal ones apart', () => {
    const x = input('x', 'float32', []);
    const y = input('y', 'int32', []);
    const outputs = { a: add(x, 1), b: mul(x, 1), c: add(y, 1), d: add(x, constant([1])), e: add(x, 0), f: mul(x, -0) };
    const graph = build({ name: 'g', inputs: { x, y }, outputs });
    // float 1, int 1, (1) of floats, 0, −0
    expect(graph.constants.map(({ value }) => `${value}`)).toHaveLength(5);
    expect(graph.nodes[0]?.inputs[1]).toBe(graph.nodes[1]?.inputs[1]);
  });

  test('tells texts with spaces apart', () => {
    const [first, second] = [constant(['a b', 'c'], 'string'), constant(['a', 'b c'], 'string')];
    const graph = build({ name: 'g', inputs: {}, outputs: { first, second } });
    expect(graph.constants).toHaveLength(2);
  });

  test('an output that is a leaf, or listed twice, goes through an Identity', async () => {
    const [x, w] = [input('x', 'float32', [2]), parameter('w', [2])];
    const y = neg(x);
    const outputs = { same: x, y, again: y, held: w, fixed: constant([7]) };
    const graph = build({ name: 'g', inputs: { x }, outputs });
    expect(operatorsOf(graph).filter((name) => name === 'Identity')).toHaveLength(4);
    expect(problemsOf(graph)).toEqual([]);
    const results = await runFile(writeOnnx(graph, { weights: new Map([['w', Float32Array.of(5, 6)]]) }), {
      x: floats(1, 2),
    });
    const found = Object.fromEntries(Object.keys(outputs).map((name) => [name, numbersOf(results[name])]));
    expect(found).toEqual({ same: [1, 2], y: [-1, -2], again: [-1, -2], held: [5, 6], fixed: [7] });
  });

  test('a parameter is held unless it is listed among the inputs', async () => {
    const x = input('x', 'float32', [2]);
    const w = scope('layer', () => parameter('weight', [2]));
    const held = build({ name: 'g', inputs: { x }, outputs: { y: mul(x, w) } });
    expect(held.parameters.map(({ name }) => name)).toEqual(['layer.weight']);
    const fed = build({
      name: 'g',
      inputs: [
        { name: 'x', value: x },
        { name: 'layer.weight', value: w },
      ],
      outputs: { y: mul(x, w) },
    });
    expect(fed.parameters).toEqual([]);
    const weights = new Map([['layer.weight', Float32Array.of(3, 4)]]);
    const before = await runFile(writeOnnx(held, { weights }), { x: floats(1, 2) });
    const after = await runFile(writeOnnx(fed), { x: floats(1, 2), 'layer.weight': floats(5, 6) });
    expect([numbersOf(before.y), numbersOf(after.y)]).toEqual([
      [3, 8],
      [5, 12],
    ]);
  });

  test.each<[what: string, make: () => Graph, message: string]>([
    [
      'an input that is not listed',
      () => build({ name: 'g', inputs: {}, outputs: { y: neg(input('x', 'float32', ['batch'])) } }),
      "input x (float32 (batch)) is used but not listed among the graph's inputs",
    ],
    [
      'two things of one name',
      () => {
        const x = input('x', 'float32', []);
        return build({ name: 'g', inputs: { x }, outputs: { x: neg(x) } });
      },
      'two inputs, outputs or parameters of the graph are called x',
    ],
    [
      'two parameters of one name',
      () => build({ name: 'g', inputs: {}, outputs: { y: add(parameter('w', [1]), parameter('w', [1])) } }),
      'are called w',
    ],
    [
      'an input that is computed',
      () => {
        const y = neg(input('x', 'float32', []));
        return build({ name: 'g', inputs: { y }, outputs: { z: neg(y) } });
      },
      "can't be fed: it is computed or constant",
    ],
    [
      'one value as two inputs',
      () => {
        const x = input('x', 'float32', []);
        return build({ name: 'g', inputs: { a: x, b: x }, outputs: { z: neg(x) } });
      },
      'one value is listed as two inputs of the graph, a and b',
    ],
    [
      'a value of a loop’s inside used outside',
      () => {
        const [element, sequence] = [input('element', 'float32', []), input('sequence', 'float32', ['n'])];
        const doubled = mul(element, 2);
        const { outputs } = scan({ states: [], sequences: [{ formal: element, sequence }], outputs: [doubled] });
        return build({ name: 'g', inputs: { sequence }, outputs: { y: add(outputs[0] as Value, doubled) } });
      },
      'input element (float32 ()) is used but not listed',
    ],
  ])('refuses %s', (_what, make, message) => {
    expect(make).toThrow(GraphError);
    expect(make).toThrow(message);
  });

  test('names are unique even where the user’s own look like ours', async () => {
    const x = input('/Neg_output_0', 'float32', [2]);
    const y = exp(neg(neg(x)));
    const graph = build({
      name: 'g',
      inputs: { '/Neg_output_0': x },
      outputs: { constant: add(y, 1), axes_0: reduceSum(y, { axes: [0] }) },
    });
    expect(problemsOf(graph)).toEqual([]);
    const bytes = writeOnnx(graph);
    const initializers = decodeModel(bytes).graph?.initializer?.map(({ name }) => name) ?? [];
    expect(new Set(initializers).size).toBe(initializers.length);
    expect(initializers).not.toContain('axes_0');
    const results = await runFile(bytes, { '/Neg_output_0': floats(0, 0) });
    expect([numbersOf(results.constant), numbersOf(results.axes_0)]).toEqual([[2, 2], [2]]);
  });

  test('names tell the scope', () => {
    const x = input('x', 'float32', [2, 2]);
    const y = scope('h.0', () => scope('attn', () => matMul(x, parameter('weight', [2, 2]))));
    const graph = build({ name: 'g', inputs: { x }, outputs: { y: neg(y) } });
    expect(graph.nodes[0]).toMatchObject({
      name: '/h.0/attn/MatMul',
      inputs: ['x', 'h.0.attn.weight'],
      outputs: ['/h.0/attn/MatMul_output_0'],
    });
  });

  test('20,000 additions one after another are built, written and read', () => {
    let y: Value = input('x', 'float32', []);
    const x = y;
    for (let count = 0; count < 20_000; count += 1) y = add(y, 1);
    const graph = build({ name: 'deep', inputs: { x }, outputs: { y } });
    expect(graph.nodes).toHaveLength(20_000);
    expect(graph.constants).toHaveLength(1);
    expect(decodeModel(writeOnnx(graph)).graph?.node).toHaveLength(20_000);
  });
});

describe('bodies', () => {
  const [element, sequence] = [input('element', 'float32', [2]), input('sequence', 'float32', ['steps', 2])];

  test('what does not depend on the loop stays outside and is computed once', () => {
    const x = input('x', 'float32', [2]);
    const invariant = exp(mul(x, 2));
    const { outputs } = scan({
      states: [],
      sequences: [{ formal: element, sequence }],
      outputs: [add(element, invariant)],
    });
    const graph = build({ name: 'g', inputs: { x, sequence }, outputs: { y: outputs[0] as Value } });
    expect(operatorsOf(graph)).toEqual(['Mul', 'Exp', 'Scan']);
    expect(graph.nodes[2]?.bodies.body?.nodes.map(({ node }) => node.operator.name)).toEqual(['Add']);
    expect(problemsOf(graph)).toEqual([]);
  });

  test('a Scan yields leaves, states passed on, captured values and one value twice', async () => {
    const state = input('state', 'float32', [2]);
    const x = input('x', 'float32', [2]);
    const doubled = mul(element, 2);
    const { states, outputs } = scan({
      states: [{ formal: state, initial: x, next: state }],
      sequences: [{ formal: element, sequence }],
      outputs: [element, doubled, doubled, neg(x), constant(3)],
    });
    const named = Object.fromEntries([...states, ...outputs].map((value, index) => [`y${index}`, value]));
    const graph = build({ name: 'g', inputs: { x, sequence }, outputs: named });
    expect(problemsOf(graph)).toEqual([]);
    const results = await runFile(writeOnnx(graph), {
      x: floats(8, 9),
      sequence: tensor('float32', [2, 2], [1, 2, 3, 4]),
    });
    expect(Object.keys(named).map((name) => numbersOf(results[name]))).toEqual([
      [8, 9],
      [1, 2, 3, 4],
      [2, 4, 6, 8],
      [2, 4, 6, 8],
      [-8, -9, -8, -9],
      [3, 3],
    ]);
  });

  test('a Scan in a Scan: sums over both axes, with a value captured from each level', async () => {
    const [row, cell] = [input('row', 'float32', ['columns']), input('cell', 'float32', [])];
    const [outer, inner] = [input('total', 'float32', []), input('total', 'float32', [])];
    const matrix = input('matrix', 'float32', ['rows', 'columns']);
    const factor = input('factor', 'float32', []);
    const twice = mul(factor, 2); // outside both
    const rowSum = reduceSum(row); // inside the outer one only
    const { states: innerStates } = scan({
      states: [{ formal: inner, initial: constant(0), next: add(inner, mul(add(cell, rowSum), twice)) }],
      sequences: [{ formal: cell, sequence: row }],
      outputs: [],
    });
    const { states, outputs } = scan({
      states: [{ formal: outer, initial: constant(0), next: add(outer, innerStates[0] as Value) }],
      sequences: [{ formal: row, sequence: matrix }],
      outputs: [rowSum],
    });
    const graph = build({
      name: 'g',
      inputs: { matrix, factor },
      outputs: { sum: states[0] as Value, rows: outputs[0] as Value },
    });
    expect(operatorsOf(graph)).toEqual(['Mul', 'Scan']);
    expect(problemsOf(graph)).toEqual([]);
    const results = await runFile(writeOnnx(graph), {
      matrix: tensor('float32', [2, 3], [1, 2, 3, 4, 5, 6]),
      factor: tensor('float32', [], [0.5]),
    });
    // Each row contributes its sum once through its cells and three times through the captured row sum.
    expect(numbersOf(results.sum)).toEqual([(6 + 15) * 4]);
    expect(numbersOf(results.rows)).toEqual([6, 15]);
  });

  test('a Loop’s state may grow from turn to turn', async () => {
    const count = input('count', 'int64', []);
    const start = input('start', 'float32', ['start']);
    const written = input('written', 'float32', ['length']);
    const turn = turnNumber();
    const last = slice(written, { axis: 0, start: -1, length: 1 });
    const before = slice(written, { axis: 0, start: -2, end: -1, length: 1 });
    const { states, outputs } = loop({
      count,
      turns: 'turns',
      turn,
      states: [{ formal: written, initial: start, next: concat([written, add(last, before)], { axis: 0 }) }],
      outputs: [last],
    });
    const graph = build({
      name: 'fibonacci',
      inputs: { count, start },
      outputs: { all: states[0] as Value, lasts: outputs[0] as Value },
    });
    expect(problemsOf(graph)).toEqual([]);
    const file = writeOnnx(graph);
    const run = (turns: number) => runFile(file, { count: tensor('int64', [], [turns]), start: floats(1, 1) });
    expect(numbersOf((await run(6)).all)).toEqual([1, 1, 2, 3, 5, 8, 13, 21]);
    expect(numbersOf((await run(3)).lasts)).toEqual([1, 2, 3]);
    expect(numbersOf((await run(0)).all)).toEqual([1, 1]);
  });

  test('what is made inside two bodies, or outside as well, has a name of its own in each', async () => {
    const w = parameter('w', [2]);
    const x = input('x', 'float32', [2]);
    const y = mul(w, x); // depends on the parameter, which is a loop's state below and held outside
    const run = (start: number) =>
      scan({
        states: [{ formal: w, initial: constant([start, start]), next: y }],
        sequences: [{ formal: element, sequence }],
        outputs: [add(y, element)],
      });
    const [first, second] = [run(1), run(10)];
    const outputs = { first: first.outputs[0] as Value, outside: y, second: second.outputs[0] as Value };
    const graph = build({ name: 'g', inputs: { x, sequence }, outputs });
    expect(problemsOf(graph)).toEqual([]);
    const results = await runFile(writeOnnx(graph, { weights: new Map([['w', Float32Array.of(5, 5)]]) }), {
      x: floats(2, 3),
      sequence: tensor('float32', [2, 2], [0, 0, 0, 0]),
    });
    expect(numbersOf(results.first)).toEqual([2, 3, 4, 9]);
    expect(numbersOf(results.outside)).toEqual([10, 15]);
    expect(numbersOf(results.second)).toEqual([20, 30, 40, 90]);
  });
});

test('a graph reads as text, a line a node', () => {
  const x = input('x', 'float32', ['batch', 2]);
  const sequence = input('sequence', 'float32', ['steps', 2]);
  const element = input('element', 'float32', [2]);
  const y = scope('head', () => matMul(x, parameter('weight', [2, 3])));
  const { outputs } = scan({ states: [], sequences: [{ formal: element, sequence }], outputs: [neg(element)] });
  const graph = build({
    name: 'small',
    inputs: { x, sequence },
    outputs: { y: unsqueeze(y, [0]), z: outputs[0] as Value },
  });
  expect(printGraph(graph).split('\n')).toEqual([
    'graph small',
    '  parameter head.weight: float32 (2, 3)',
    '  input x: float32 (batch, 2)',
    '  input sequence: float32 (steps, 2)',
    '  /head/MatMul_output_0 = MatMul(x, head.weight)  // (batch, 3)',
    '  y = Unsqueeze(/head/MatMul_output_0, axes=0)  // (1, batch, 3)',
    '  z = Scan(sequence, num_scan_inputs=1)  // (steps, 2)',
    '    input element: float32 (2)',
    '    /Neg_output_0 = Neg(element)  // (2)',
    '    output /Neg_output_0: float32 (2)',
    '  output y: float32 (1, batch, 3)',
    '  output z: float32 (steps, 2)',
  ]);
});

test('Identity alone keeps a value under a second name', async () => {
  const x = input('x', 'float32', [2]);
  const { y } = await runGraph({ inputs: { x }, outputs: { y: identity(x) } }, { x: floats(3, 4) });
  expect(numbersOf(y)).toEqual([3, 4]);
});
