import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeModel } from '../../src/onnx/codec.ts';
import { type DataTypeName, dataTypes, type TensorData } from '../../src/onnx/data-types.ts';
import { readTensor, tensorProto } from '../../src/onnx/tensor-proto.ts';
import { decodeMessage, encodeMessage } from '../../src/onnx/wire.ts';
import { pythonWithOnnx } from '../support/debian.ts';
import { exampleModel } from './example-model.ts';

const python = pythonWithOnnx();
const folder = mkdtempSync(join(tmpdir(), 'trilu-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(script: string, ...parameters: string[]): unknown {
  return JSON.parse(execFileSync(python ?? '', ['-c', script, ...parameters], { cwd: folder, encoding: 'utf8' }));
}

describe.skipIf(python === undefined)("Debian's onnx 1.12", () => {
  const file = join(folder, 'model.onnx');
  beforeAll(() => writeFileSync(file, encodeModel(exampleModel)));

  test('finds in our file the fields that were put in', () => {
    const script = `
import json, onnx, onnx.numpy_helper, sys
model = onnx.load(sys.argv[1])
graph = model.graph
value = lambda v: [v.name, v.type.tensor_type.elem_type, [d.dim_value if d.HasField('dim_value') else d.dim_param for d in v.type.tensor_type.shape.dim]]
node = lambda n: [n.op_type, list(n.input), list(n.output), n.name, [[a.name, a.type, list(a.ints), a.f] for a in n.attribute]]
print(json.dumps({
  'header': [model.ir_version, model.producer_name, model.producer_version, str(model.model_version), graph.name],
  'opsets': [[o.domain, o.version] for o in model.opset_import],
  'metadata': [[p.key, p.value] for p in model.metadata_props],
  'values': [value(v) for v in list(graph.input) + list(graph.output)],
  'nodes': [node(n) for n in graph.node],
  'weight': [graph.initializer[0].name, list(graph.initializer[0].dims), [str(x) for x in onnx.numpy_helper.to_array(graph.initializer[0]).flatten().tolist()]],
  'training': [model.training_info[0].algorithm.node[0].op_type, model.training_info[0].update_binding[0].value],
  'function': [model.functions[0].name, node(model.functions[0].node[0])],
}))`;
    expect(run(script, file)).toEqual({
      header: [8, 'trilu', '0.1.0', String(2n ** 62n), 'example'],
      opsets: [
        ['', 17],
        ['trilu', 1],
      ],
      metadata: [
        ['trilu.vocabulary', '["\\n"," ","é","😀"]'],
        ['__proto__', ''],
      ],
      values: [
        ['x', 1, ['batch', 2]],
        ['y', 1, [3, 'batch']],
      ],
      nodes: [
        ['MatMul', ['x', 'weight'], ['product'], 'product', []],
        ['Transpose', ['product'], ['moved'], 'moved', [['perm', 7, [1, 0], 0]]],
        ['LeakyRelu', ['moved'], ['y'], '', [['alpha', 1, [], 0.25]]],
      ],
      weight: ['weight', [2, 3], ['1.0', '-0.0', '0.5', 'nan', 'inf', '1.401298464324817e-45']],
      training: ['Identity', 'next.weight'],
      function: ['Twice', ['Add', ['x', 'x'], ['y'], '', []]],
    });
  });

  test('checks it in full, and writes it back as the same bytes', () => {
    const script = `
import json, onnx, sys
onnx.checker.check_model(sys.argv[1], full_check=True)
model = onnx.load(sys.argv[1])
onnx.save(model, sys.argv[2])
print(json.dumps('checked'))`;
    const again = join(folder, 'again.onnx');
    expect(run(script, file, again)).toBe('checked');
    expect(readFileSync(again)).toEqual(readFileSync(file));
  });

  const elements: [DataTypeName, TensorData][] = [
    ['float32', Float32Array.of(1.5, -2, 3, 4, 5, 6)],
    ['float64', Float64Array.of(0.1, -2, 3, 4, 5, 6)],
    ['float16', Uint16Array.of(0x3c00, 0xc000, 0x7bff, 1, 0, 0x8000)],
    ['int8', Int8Array.of(-128, 127, 0, 1, 2, 3)],
    ['int16', Int16Array.of(-32768, 32767, 0, 1, 2, 3)],
    ['int32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 1, 2, 3)],
    ['int64', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n, 1n, 2n, 3n)],
    ['uint8', Uint8Array.of(255, 0, 1, 2, 3, 4)],
    ['uint16', Uint16Array.of(65535, 0, 1, 2, 3, 4)],
    ['uint32', Uint32Array.of(2 ** 32 - 1, 0, 1, 2, 3, 4)],
    ['uint64', BigUint64Array.of(2n ** 64n - 1n, 0n, 1n, 2n, 3n, 4n)],
    ['bool', Uint8Array.of(1, 0, 1, 0, 0, 1)],
    ['complex64', Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)],
    ['complex128', Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)],
    ['string', ['a', '', 'é', '😀', '\ufeffmark', 'a\0b']],
  ];

  test('reads our tensors of every type, and we read its, kept as raw data or in the typed fields', () => {
    // Of each tensor Python makes three: NumPy's bytes of ours, from_array (raw) and make_tensor (typed field).
    const script = `
import json, numpy, onnx, sys
from onnx import helper, numpy_helper
names = {}
for name in sys.argv[1:]:
    ours = onnx.TensorProto.FromString(open(name + '.ours', 'rb').read())
    array = numpy_helper.to_array(ours)
    strings = ours.data_type == onnx.TensorProto.STRING
    names[name] = [onnx.TensorProto.DataType.Name(ours.data_type), list(array.shape), list(map(str, array.flatten())) if strings else array.tobytes().hex()]
    values = [s.encode() for s in array.flatten()] if strings else array.flatten().tolist()
    open(name + '.raw', 'wb').write(numpy_helper.from_array(array, 'x').SerializeToString())
    open(name + '.typed', 'wb').write(helper.make_tensor('x', ours.data_type, [2, 3], values).SerializeToString())
print(json.dumps(names))`;
    for (const [type, data] of elements) {
      writeFileSync(join(folder, `${type}.ours`), encodeMessage('TensorProto', tensorProto('x', type, [2, 3], data)));
    }
    const seen = run(script, ...elements.map(([type]) => type));
    const hex = (data: TensorData): string | readonly string[] =>
      ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex') : data;
    const standardNames: Partial<Record<DataTypeName, string>> = { float32: 'FLOAT', float64: 'DOUBLE' };
    expect(seen).toEqual(
      Object.fromEntries(
        elements.map(([type, data]) => [type, [standardNames[type] ?? type.toUpperCase(), [2, 3], hex(data)]]),
      ),
    );
    for (const [type, data] of elements) {
      for (const form of ['raw', 'typed']) {
        const proto = decodeMessage('TensorProto', readFileSync(join(folder, `${type}.${form}`)), type);
        const field = form === 'raw' && type !== 'string' ? 'rawData' : dataTypes[type].field;
        expect(proto[field], `${type} ${form}`).toBeDefined();
        expect(readTensor(proto), `${type} ${form}`).toEqual({ name: 'x', type, dims: [2, 3], data });
      }
    }
  });
});
