import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { writeOnnx } from '../../src/export/write-onnx.ts';
import {
  add,
  build,
  constant,
  type ElementType,
  emit,
  emitOne,
  GraphError,
  identity,
  input,
  mul,
  type Operator,
  parameter,
  reduceMax,
  reduceSum,
  type TensorData,
  type Value,
} from '../../src/graph/index.ts';
import { decodeModel } from '../../src/onnx/codec.ts';
import { AttributeType } from '../../src/onnx/enums.ts';
import { programNames } from '../../src/programs/index.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { pythonWithOnnx } from '../support/debian.ts';
import { numbersOf, runFile } from '../support/run-graph.ts';
import { tinyFile, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

const x = input('x', 'float32', ['batch', 3]);
const w = parameter('w', [3]);
const graphOf = (y: Value) => build({ name: 'g', inputs: { x }, outputs: { y } });
const ones = new Map([['w', Float32Array.of(1, 1, 1)]]);

describe('versions', () => {
  test.each([
    [17, 8],
    [18, 8],
    [19, 9],
    [20, 9],
    [21, 10],
    [22, 10],
    [23, 11],
    [24, 12],
    [25, 13],
    [26, 13],
  ])('opset %i is written in IR %i, the lowest that allows it', (opset, irVersion) => {
    const file = decodeModel(writeOnnx(graphOf(add(x, 1)), { opset }));
    expect(file.irVersion).toBe(irVersion);
    expect(file.opsetImport).toMatchObject([{ version: opset }]);
  });

  test('18 is the default', () => {
    expect(decodeModel(writeOnnx(graphOf(add(x, 1)))).opsetImport).toMatchObject([{ version: 18 }]);
  });

  test.each([16, 27, 17.5, Number.NaN])('opset %d is refused', (opset) => {
    const write = (): unknown => writeOnnx(graphOf(add(x, 1)), { opset });
    expect(write).toThrow(UserError);
    expect(write).toThrow(`Opset ${opset} can't be written; choose one from 17 to 26.`);
  });

  test('axes are an attribute or an input, as the opset has it', async () => {
    const graph = build({
      name: 'g',
      inputs: { x },
      outputs: { most: reduceMax(x, { axes: [1] }), sum: reduceSum(x, { axes: [1] }) },
    });
    for (const [opset, inputs] of [
      [17, [1, 2]],
      [18, [2, 2]],
    ] as const) {
      const bytes = writeOnnx(graph, { opset });
      const nodes = decodeModel(bytes).graph?.node ?? [];
      expect(nodes.map((node) => node.input?.length)).toEqual(inputs);
      const results = await runFile(bytes, { x: tensor('float32', [1, 3], [1, 5, 2]) });
      expect([numbersOf(results.most), numbersOf(results.sum)]).toEqual([[5], [8]]);
    }
    expect(decodeModel(writeOnnx(graph)).graph?.initializer).toHaveLength(1); // one vector of axes for both
  });

  test('an operator that is newer than the opset is refused', () => {
    const gelu: Operator = { name: 'Gelu', since: 20, infer: () => [{ type: 'float32', shape: ['batch', 3] }] };
    const graph = graphOf(emitOne(gelu, [x]));
    expect(() => writeOnnx(graph)).toThrow(GraphError);
    expect(() => writeOnnx(graph)).toThrow("Gelu exists from opset 20 on; it can't be written at 18");
    expect(decodeModel(writeOnnx(graph, { opset: 20 })).graph?.node).toHaveLength(1);
  });

  test('an operator of another domain brings its domain along, and runs', async () => {
    const fast: Operator = {
      name: 'QuickGelu',
      domain: 'com.microsoft',
      since: 1,
      attributes: { alpha: 'float' },
      infer: () => [{ type: 'float32', shape: ['batch', 3] }],
    };
    const bytes = writeOnnx(graphOf(emitOne(fast, [x], { alpha: 2 })));
    expect(decodeModel(bytes).opsetImport).toMatchObject([{ version: 18 }, { domain: 'com.microsoft', version: 1 }]);
    const { y } = await runFile(bytes, { x: tensor('float32', [1, 3], [0, 1, -1]) });
    const expected = [0, 1, -1].map((value) => value / (1 + Math.exp(-2 * value)));
    expect(numbersOf(y).map((value, index) => Math.abs(value - (expected[index] ?? 0)) < 1e-6)).toEqual([
      true,
      true,
      true,
    ]);
  });
});

test('an optional output that nobody uses is left out', () => {
  const model = tinyModel('gpt');
  const outputs = (file: Uint8Array): (number | undefined)[] => {
    const nodes = decodeModel(file).graph?.node ?? [];
    return nodes.filter(({ opType }) => opType === 'LayerNormalization').map(({ output }) => output?.length);
  };
  expect(new Set(outputs(tinyFile('forward', model)))).toEqual(new Set([1]));
});

describe('weights', () => {
  test('missing ones, and ones of a wrong size, are refused by name', () => {
    const graph = graphOf(mul(x, w));
    expect(() => writeOnnx(graph)).toThrow('there are no weights for the parameter w');
    expect(() => writeOnnx(graph, { weights: new Map([['w', new Float32Array(4)]]) })).toThrow(
      'the parameter w has 3 elements, but its weights have 4',
    );
    expect(() => writeOnnx(graph)).toThrow(GraphError);
  });

  test('weights that no parameter asks for are left out', () => {
    const weights = new Map([...ones, ['unused', new Float32Array(9)]]);
    const file = decodeModel(writeOnnx(graphOf(mul(x, w)), { weights }));
    expect(file.graph?.initializer?.map(({ name }) => name)).toEqual(['w']);
  });

  test('a part of a larger array is written as that part', async () => {
    const weights = new Map([['w', Float32Array.of(9, 9, 1, 2, 3, 9).subarray(2, 5)]]);
    const { y } = await runFile(writeOnnx(graphOf(mul(x, w)), { weights }), {
      x: tensor('float32', [1, 3], [1, 1, 1]),
    });
    expect(numbersOf(y)).toEqual([1, 2, 3]);
  });
});

test.each<[ElementType, TensorData]>([
  ['float32', Float32Array.of(1.5, -0, Number.NEGATIVE_INFINITY)],
  ['float64', Float64Array.of(0.1, -2, 3)],
  ['float16', Uint16Array.of(0x3c00, 0xc000, 1)],
  ['int8', Int8Array.of(-128, 127, 0)],
  ['int32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0)],
  ['int64', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n)],
  ['uint8', Uint8Array.of(255, 0, 1)],
  ['bool', Uint8Array.of(1, 0, 1)],
  ['string', ['a b', '', '🙂']],
])('a constant of %s comes out of ONNX Runtime as it went in', async (type, data) => {
  const graph = build({ name: 'g', inputs: {}, outputs: { y: identity(constant(data, type)) } });
  const { y } = await runFile(writeOnnx(graph), {});
  expect(y).toEqual({ type, shape: [3], data });
});

test('hints that are not attributes of the standard are not written, and outputs nobody uses are left out', () => {
  const pair: Operator = {
    name: 'TopK',
    since: 11,
    attributes: { axis: 'int' },
    infer: () => [
      { type: 'float32', shape: ['batch', 2] },
      { type: 'int64', shape: ['batch', 2] },
    ],
  };
  const [values] = emit(pair, [x, constant([2], 'int64')], { axis: 1, lengths: [2] });
  const file = decodeModel(writeOnnx(graphOf(values as Value)));
  expect(file.graph?.node?.[0]?.attribute).toEqual([{ name: 'axis', type: AttributeType.INT, i: 1 }]);
  expect(file.graph?.node?.[0]?.output?.[0]).toBe('y');
});

test('shapes are declared as they were inferred', () => {
  const file = decodeModel(writeOnnx(graphOf(add(mul(x, 2), 1))));
  const dimensions = [...(file.graph?.valueInfo ?? []), ...(file.graph?.output ?? [])].map(({ name, type }) => [
    name,
    type?.tensorType?.shape?.dim?.map(({ dimValue, dimParam }) => dimParam ?? dimValue),
  ]);
  expect(dimensions).toEqual([
    ['/Mul_output_0', ['batch', 3]],
    ['y', ['batch', 3]],
  ]);
});

const python = pythonWithOnnx();

describe.skipIf(python === undefined)("Debian's onnx checker", () => {
  const folder = mkdtempSync(join(tmpdir(), 'trilu-checker-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('accepts every program of every stage at opset 17, in full', () => {
    const script = `
import onnx, sys
for path in sys.argv[1:]:
    try:
        onnx.checker.check_model(path, full_check=True)
    except Exception as error:
        print(path, error)
`;
    const files = tinyStages.flatMap((stage) =>
      programNames.map((program) => {
        const path = join(folder, stage, `${program}.onnx`);
        mkdirSync(join(folder, stage), { recursive: true });
        const model = tinyModel(stage, { dropout: stage === 'gpt' ? 0.2 : 0 });
        writeFileSync(path, tinyFile(program, model, { opset: 17, taps: ['attention'] }));
        return path;
      }),
    );
    expect(files).toHaveLength(tinyStages.length * 5);
    expect(execFileSync(python ?? '', ['-c', script, ...files], { encoding: 'utf8' })).toBe('');
  });
});
