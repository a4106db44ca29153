import { expect, test } from 'vitest';
import { decodeModel } from '../../src/onnx/codec.ts';
import { AttributeType } from '../../src/onnx/enums.ts';
import { readModelSummary } from '../../src/onnx/metadata.ts';
import type { AttributeProto, NodeProto } from '../../src/onnx/protos.ts';
import type { ProgramName } from '../../src/programs/index.ts';
import { readState } from '../../src/runtime/program-description.ts';
import { takeScanApart } from '../../src/runtime/scan-program.ts';
import type { StatePair } from '../../src/runtime/session.ts';
import { tinyFile, tinyModel as tinyStage } from '../support/tiny-ladder.ts';
import { attribute, constant, node, tinyModel, value } from '../support/tiny-models.ts';

const state: readonly StatePair[] = [{ input: 'total', output: 'next.total' }];

/** The running sum of x [steps, 2] times a factor: total [2] is carried along, sums [steps, 2] stacked. */
interface Variation {
  readonly scan?: readonly AttributeProto[];
  /** What the body multiplies by: an input, or a node's output. */
  readonly factor?: string;
  readonly nodes?: readonly NodeProto[];
  readonly start?: string;
  readonly made?: string;
  readonly after?: readonly NodeProto[];
}

function runningSum({
  scan = [],
  factor = 'factor',
  nodes = [],
  start = 'total',
  made = 'next.total',
  after = [],
}: Variation = {}) {
  const body: AttributeProto = {
    name: 'body',
    type: AttributeType.GRAPH,
    g: {
      name: 'iteration',
      node: [
        node('Mul', ['element', factor], ['scaled']),
        node('Add', ['before', 'scaled'], ['after']),
        node('Identity', ['after'], ['sum']),
      ],
      input: [value('before', 'float32', [2]), value('element', 'float32', [2])],
      output: [value('after', 'float32', [2]), value('sum', 'float32', [2])],
    },
  };
  return tinyModel({
    inputs: [value('x', 'float32', ['steps', 2]), value('total', 'float32', [2]), value('factor', 'float32', [])],
    outputs: [value('next.total', 'float32', [2]), value('sums', 'float32', ['steps', 2])],
    nodes: [
      ...nodes,
      node('Scan', [start, 'x'], [made, 'sums'], [attribute('num_scan_inputs', 1), body, ...scan]),
      ...after,
    ],
    constants: [constant('three', [], Float32Array.of(3)), constant('zeros', [2], Float32Array.of(0, 0))],
    metadata: { 'trilu.program': 'train' },
  });
}

test('the body becomes a model of its own, with what it takes from outside as inputs beside its own', () => {
  const program = takeScanApart(runningSum(), state);
  expect(program).toMatchObject({
    states: [{ input: 'total', formal: 'before', next: 'after', output: 'next.total' }],
    sequences: [{ input: 'x', formal: 'element' }],
    shared: ['factor'],
    stacked: [{ element: 'sum', output: 'sums' }],
    node: { name: 'next.total', operator: 'Scan' },
    inputs: [
      { name: 'x', type: 'float32', shape: ['steps', 2] },
      { name: 'total', type: 'float32', shape: [2] },
      { name: 'factor', type: 'float32', shape: [] },
    ],
    outputs: [
      { name: 'next.total', type: 'float32', shape: [2] },
      { name: 'sums', type: 'float32', shape: ['steps', 2] },
    ],
  });
  const { graph } = decodeModel(program?.iteration ?? new Uint8Array());
  expect(graph.node?.map(({ opType }) => opType)).toEqual(['Mul', 'Add', 'Identity']);
  expect(graph.input?.map(({ name }) => name)).toEqual(['before', 'element', 'factor']);
  expect(graph.output?.map(({ name }) => name)).toEqual(['after', 'sum']);
});

test('nodes outside the Scan that depend on no sequence and no state come along', () => {
  const nodes = [node('Mul', ['factor', 'three'], ['tripled'])];
  const program = takeScanApart(runningSum({ nodes, factor: 'tripled' }), state);
  expect(program?.shared).toEqual(['factor']);
  const { graph } = decodeModel(program?.iteration ?? new Uint8Array());
  expect(graph.node?.map(({ opType }) => opType)).toEqual(['Mul', 'Mul', 'Add', 'Identity']);
  expect(graph.initializer?.map(({ name }) => name)).toEqual(['three', 'zeros']);
});

test.each<readonly [string, Variation]>([
  ['goes backwards', { scan: [attribute('scan_input_directions', [1])] }],
  ['stacks along another axis', { scan: [attribute('scan_output_axes', [1])] }],
  ['begins with what a node made', { nodes: [node('Neg', ['total'], ['negated'])], start: 'negated' }],
  [
    'takes something from outside that depends on a sequence',
    { nodes: [node('ReduceMax', ['x'], ['top'])], factor: 'top' },
  ],
  ['takes a state from outside as well', { factor: 'total' }],
  ['is followed by other nodes', { nodes: [node('Neg', ['raw'], ['next.total'])], made: 'raw' }],
])('a Scan is left whole that %s', (_, variation) => {
  expect(takeScanApart(runningSum(variation), [])).toBeUndefined();
});

test('where the states are made from declared ones and into them again, an iteration does all of that', () => {
  const program = takeScanApart(
    runningSum({
      nodes: [node('Neg', ['total'], ['negated'])],
      start: 'negated',
      made: 'raw',
      after: [node('Neg', ['raw'], ['next.total'])],
    }),
    state,
  );
  expect(program).toMatchObject({
    states: [{ input: 'total', formal: 'total', next: 'next.total', output: 'next.total' }],
    sequences: [{ input: 'x', formal: 'element' }],
    shared: ['factor'],
    stacked: [{ element: 'sum', output: 'sums' }],
  });
  const { graph } = decodeModel(program?.iteration ?? new Uint8Array());
  expect(graph.node?.map(({ opType, input }) => `${opType} ${input}`)).toEqual([
    'Neg total',
    'Mul element,factor',
    'Add negated,scaled',
    'Identity raw',
    'Neg raw',
  ]);
  expect(graph.input?.map(({ name }) => name)).toEqual(['total', 'element', 'factor']);
  expect(graph.output?.map(({ name }) => name)).toEqual(['next.total', 'sum']);
});

test.each<readonly [string, Variation]>([
  ['a constant', { start: 'zeros' }],
  ['another input as well', { nodes: [node('Add', ['total', 'factor'], ['shifted'])], start: 'shifted' }],
])('a Scan is left whole that carries what is made of %s, although states are declared', (_, variation) => {
  const after = [node('Neg', ['raw'], ['next.total'])];
  expect(takeScanApart(runningSum({ ...variation, made: 'raw', after }), state)).toBeUndefined();
});

test('train programs are taken apart, programs without a Scan are not', () => {
  const model = tinyStage('gpt', { dropout: 0.2 });
  const stateOf = (program: ProgramName): readonly StatePair[] => readState(readModelSummary(tinyFile(program, model)));
  const train = takeScanApart(tinyFile('train', model), stateOf('train'));
  expect(train?.sequences.map(({ input }) => input)).toEqual(['tokens', 'targets', 'learning_rate']);
  expect(train?.shared).toEqual(['seed']);
  expect(train?.stacked.map(({ output }) => output)).toEqual(['loss', 'gradient_norm']);
  expect(train?.states[0]).toMatchObject({ input: 'step', output: 'next.step' });
  for (const program of ['forward', 'decode', 'generate', 'evaluate'] as const) {
    expect(takeScanApart(tinyFile(program, model), stateOf(program))).toBeUndefined();
  }
});
