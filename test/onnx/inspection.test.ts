import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { encodeModel } from '../../src/onnx/codec.ts';
import { AttributeType, DataLocation, DataType } from '../../src/onnx/enums.ts';
import { inspectModel } from '../../src/onnx/inspection.ts';
import { printModel } from '../../src/onnx/print-model.ts';
import type { GraphProto, ModelProto, TensorProto } from '../../src/onnx/protos.ts';
import { tensorProto } from '../../src/onnx/tensor-proto.ts';
import { debianPath, pythonWithOnnx } from '../support/debian.ts';
import { exampleModel } from './example-model.ts';

function modelOf(graph: GraphProto, more: Partial<ModelProto> = {}): Uint8Array<ArrayBuffer> {
  return encodeModel({ irVersion: 8, opsetImport: [{ domain: 'ai.onnx', version: 18 }], graph, ...more });
}

const weight = tensorProto('weight', 'float32', [2, 3], new Float32Array(6));

describe('an inspection', () => {
  it('tells what a file says of itself', () => {
    expect(inspectModel(encodeModel(exampleModel))).toMatchObject({
      irVersion: 8,
      opsets: { '': 17, trilu: 1 },
      producerName: 'trilu',
      producerVersion: '0.1.0',
      modelVersion: 2n ** 62n,
      graphName: 'example',
      inputs: [{ name: 'x', type: 'float32', shape: ['batch', 2] }],
      outputs: [{ name: 'y', type: 'float32', shape: [3, 'batch'] }],
      tensors: [{ name: 'weight', type: 'float32', shape: [2, 3], elements: 6, bytes: 24, role: 'parameter' }],
      nodes: 3,
      functions: [{ name: 'trilu.Twice', nodes: 1 }],
      hasTrainingInfo: true,
      problems: [],
    });
  });

  it('counts nodes and finds tensors in the bodies of bodies', () => {
    const inner: GraphProto = {
      name: 'inner',
      node: [{ opType: 'Add', output: ['b'], domain: 'com.example' }],
      initializer: [{ ...weight, name: 'deep' }],
    };
    const outer: GraphProto = {
      name: 'outer',
      node: [
        { opType: 'Add', output: ['a'] },
        { opType: 'If', name: 'choice', attribute: [{ name: 'then_branch', type: AttributeType.GRAPH, g: inner }] },
      ],
    };
    const loop = { opType: 'Loop', name: 'loop', attribute: [{ name: 'body', type: AttributeType.GRAPH, g: outer }] };
    const { nodes, operators, tensors } = inspectModel(modelOf({ node: [{ opType: 'Add', output: ['c'] }, loop] }));
    expect(nodes).toBe(5);
    expect(operators).toEqual([
      { operator: 'Add', nodes: 2, inBodies: 1 },
      { operator: 'If', nodes: 1, inBodies: 1 },
      { operator: 'Loop', nodes: 1, inBodies: 0 },
      { operator: 'com.example.Add', nodes: 1, inBodies: 1 },
    ]);
    expect(tensors).toMatchObject([{ name: 'deep', scope: 'loop.body/choice.then_branch', elements: 6 }]);
  });

  it('tells parameters from constants, and the bytes of every type', () => {
    const initializer = [
      weight,
      tensorProto('shape', 'int64', [2], BigInt64Array.of(1n, 2n)),
      tensorProto('scale', 'float32', [1], Float32Array.of(2)),
      tensorProto('codes', 'int4', [5], new Uint8Array(3)),
      tensorProto('half', 'float16', [4], new Uint16Array(4)),
      tensorProto('words', 'string', [2], ['a', 'bcd']),
    ];
    expect(inspectModel(modelOf({ initializer })).tensors.map(({ name, role, bytes }) => [name, role, bytes])).toEqual([
      ['weight', 'parameter', 24],
      ['shape', 'constant', 16],
      ['scale', 'constant', 4],
      ['codes', 'parameter', 3],
      ['half', 'parameter', 8],
      ['words', 'constant', 4],
    ]);
  });

  it('takes inputs that have a value in the file for optional, as files of IR 3 have them', () => {
    const input = [{ name: 'weight' }, { name: 'x', type: { tensorType: { elemType: DataType.FLOAT } } }];
    const { inputs, optionalInputs } = inspectModel(modelOf({ input, initializer: [weight] }));
    expect(inputs).toEqual([{ name: 'x', type: 'float32' }]);
    expect(optionalInputs.map(({ name }) => name)).toEqual(['weight']);
  });

  it('tells types that are no tensors in words', () => {
    const float = { tensorType: { elemType: DataType.FLOAT, shape: { dim: [{ dimParam: 'n' }, {}] } } };
    const types = [
      { sequenceType: { elemType: float } },
      { mapType: { keyType: DataType.INT64, valueType: float } },
      { optionalType: { elemType: { sequenceType: { elemType: float } } } },
      { sparseTensorType: { elemType: DataType.DOUBLE, shape: {} } },
    ];
    const input = types.map((type, index) => ({ name: `${index}`, type }));
    expect(inspectModel(modelOf({ input })).inputs.map(({ type }) => type)).toEqual([
      'sequence of float32 [n, ?]',
      'map from int64 to float32 [n, ?]',
      'optional sequence of float32 [n, ?]',
      'sparse float64 []',
    ]);
  });

  it('names what is wrong with a file that can be read', () => {
    const initializer: TensorProto[] = [
      weight,
      weight,
      { ...weight, name: 'short', rawData: new Uint8Array(20) },
      { name: 'new', dataType: 99, dims: [2], rawData: new Uint8Array(4) },
      {
        name: 'outside',
        dataType: DataType.FLOAT,
        dims: [2],
        dataLocation: DataLocation.EXTERNAL,
        externalData: [
          { key: 'location', value: 'w.bin' },
          { key: 'length', value: '9' },
        ],
      },
    ];
    const metadataProps = [
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
    ];
    expect(inspectModel(modelOf({ initializer }, { metadataProps })).problems).toEqual([
      'Tensor weight is stored twice.',
      'Tensor short (float32 [2, 3]) needs 24 bytes, but has 20.',
      'Tensor new has an element type that is not known here: type 99.',
      'Tensor outside (float32 [2]) needs 8 bytes, but has 9.',
      'The metadata key a is there twice.',
    ]);
  });

  it('neither copies weights nor reads lists of numbers, unless it is asked for values', () => {
    const large = { ...weight, name: 'raw', dims: [50_000], rawData: new Uint8Array(200_000) };
    const listed = { name: 'listed', dataType: DataType.FLOAT, dims: [2], floatData: [1, 2] };
    const bytes = modelOf({ initializer: [large, listed] });
    const [raw, list] = inspectModel(bytes).model.graph.initializer ?? [];
    expect(raw?.rawData?.buffer).toBe(bytes.buffer);
    expect(list).not.toHaveProperty('floatData');
    expect(inspectModel(bytes, '', { values: true }).model.graph.initializer?.[1]?.floatData).toEqual([1, 2]);
  });

  it('of a file that is cut short or has flipped bits ends well, or with one sentence', () => {
    const whole = encodeModel(exampleModel);
    const inspected = (bytes: Uint8Array): void => {
      try {
        const { model } = inspectModel(bytes, 'file', { values: true });
        expect([...printModel(model)].length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        expect((error as UserError).message).toMatch(/^(file|The|Tensor)[^\n]+[.)]$/);
      }
    };
    for (let end = 0; end < whole.length; end += 1) inspected(whole.subarray(0, end));
    for (let at = 0; at < whole.length; at += 1) {
      for (const bit of [1, 8, 128]) inspected(whole.map((byte, index) => (index === at ? byte ^ bit : byte)));
    }
  });
});

describe('the printed graph', () => {
  it('has a line a node, with types where the file says them, and bodies under their nodes', () => {
    const type = { tensorType: { elemType: DataType.FLOAT, shape: { dim: [{ dimParam: 'n' }] } } };
    const body: GraphProto = {
      name: 'body',
      input: [{ name: 'i', type: { tensorType: { elemType: DataType.INT64, shape: {} } } }],
      node: [{ opType: 'Cast', input: ['i'], output: ['z'], attribute: [{ name: 'to', i: DataType.FLOAT16 }] }],
      output: [{ name: 'z', type }],
    };
    const node = [
      {
        opType: 'Clip',
        input: ['x', '', 'limit'],
        output: ['y'],
        attribute: [
          { name: 'alpha', f: Math.fround(0.1) },
          { name: 'mode', s: new TextEncoder().encode('a "b"') },
          { name: 'axes', ints: [0, -1] },
          { name: 'value', t: tensorProto('', 'int64', [2], BigInt64Array.of(3n, 4n)) },
        ],
      },
      { opType: 'Loop', domain: 'own', input: ['y'], output: ['w'], attribute: [{ name: 'body', g: body }] },
    ];
    const graph = {
      name: 'main',
      node,
      initializer: [weight, tensorProto('limit', 'float32', [], Float32Array.of(0.3))],
      input: [{ name: 'x', type }],
      valueInfo: [{ name: 'y', type }],
      output: [{ name: 'w', type }],
    };
    expect([...printModel(inspectModel(modelOf(graph), '', { values: true }).model)]).toEqual([
      'graph main',
      '  stored weight = float32 [2, 3] [0, 0, 0, 0, 0, 0]',
      '  stored limit = float32 [] 0.3',
      '  input x: float32 [n]',
      '  y = Clip(x, –, limit, alpha=0.1, mode="a \\"b\\"", axes=[0, -1], value=int64 [2] [3, 4])  // float32 [n]',
      '  w = own.Loop(y)  // float32 [n]',
      '    body:',
      '      input i: int64 []',
      '      z = Cast(i, to=float16)  // float32 [n]',
      '      output z: float32 [n]',
      '  output w: float32 [n]',
    ]);
  });
});

const folder = debianPath('/usr/share/libonnx-testdata/data', 'libonnx-testdata');
const python = pythonWithOnnx();

/** What Debian's onnx finds in a file. */
interface Found {
  readonly nodes: Readonly<Record<string, number>>;
  readonly tensors: readonly (readonly [name: string, elements: number])[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const script = `
import collections, json, onnx, os, sys
def walk(graph, nodes, tensors):
  for t in graph.initializer: add(t, t.name, tensors)
  for n in graph.node:
    nodes[n.op_type if n.domain in ('', 'ai.onnx') else n.domain + '.' + n.op_type] += 1
    for a in n.attribute:
      for t in ([a.t] if a.HasField('t') else []) + list(a.tensors): add(t, n.output[0], tensors)
      for g in ([a.g] if a.HasField('g') else []) + list(a.graphs): walk(g, nodes, tensors)
def add(t, name, tensors):
  size = 1
  for d in t.dims: size *= d
  tensors.append([name, size])
found = []
for path in json.load(sys.stdin):
  model = onnx.load(os.path.join(sys.argv[1], path))
  nodes, tensors = collections.Counter(), []
  walk(model.graph, nodes, tensors)
  found.append({'nodes': nodes, 'tensors': tensors, 'inputs': [v.name for v in model.graph.input], 'outputs': [v.name for v in model.graph.output]})
json.dump(found, sys.stdout)`;

describe.skipIf(folder === undefined || python === undefined)("the ONNX project's own models", () => {
  it('have the nodes, tensors, inputs and outputs that onnx 1.12 finds in them, and no problems', () => {
    const all = readdirSync(folder ?? '', { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.onnx'),
    );
    const options = { input: JSON.stringify(all), encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
    const found: Found[] = JSON.parse(execFileSync(python ?? '', ['-c', script, folder ?? ''], options));
    expect(found).toHaveLength(all.length);
    const sorted = (rows: readonly (readonly [string, number])[]): unknown =>
      [...rows].sort(([one, size], [other, otherSize]) => (one < other ? -1 : one > other ? 1 : size - otherSize));
    for (const [index, path] of all.entries()) {
      const inspection = inspectModel(readFileSync(join(folder ?? '', path)), path);
      const dense = inspection.tensors.filter(({ type }) => !type.startsWith('sparse '));
      expect(
        {
          nodes: Object.fromEntries(inspection.operators.map(({ operator, nodes }) => [operator, nodes])),
          tensors: sorted(dense.map(({ name, elements }) => [name, elements])),
          inputs: [...inspection.inputs, ...inspection.optionalInputs].map(({ name }) => name).sort(),
          outputs: inspection.outputs.map(({ name }) => name),
          problems: inspection.problems,
        },
        path,
      ).toEqual({
        nodes: found[index]?.nodes,
        tensors: sorted(found[index]?.tensors ?? []),
        inputs: [...(found[index]?.inputs ?? [])].sort(),
        outputs: found[index]?.outputs,
        problems: [],
      });
    }
  });
});
