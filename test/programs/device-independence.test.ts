import { describe, expect, test } from 'vitest';
import { decodeModel } from '../../src/onnx/codec.ts';
import { DataType } from '../../src/onnx/enums.ts';
import { readModelSummary } from '../../src/onnx/metadata.ts';
import type { GraphProto, NodeProto } from '../../src/onnx/protos.ts';
import { readState } from '../../src/runtime/program-description.ts';
import { takeScanApart } from '../../src/runtime/scan-program.ts';
import { tinyFile, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

/** Every node of a graph and of the bodies in it. */
function allNodes({ node = [] }: GraphProto): NodeProto[] {
  return node.flatMap((one) => [
    one,
    ...(one.attribute ?? []).flatMap(({ g }) => (g === undefined ? [] : allNodes(g))),
  ]);
}

/** The operators of the nodes that make int64, bool or float64 tensors, each once. */
function makersOf(type: number, file: Uint8Array): string[] {
  const { graph } = decodeModel(takeScanApart(file, readState(readModelSummary(file)))?.iteration ?? file);
  const infos = [...(graph.valueInfo ?? []), ...(graph.output ?? [])];
  const names = new Set(infos.filter((info) => info.type?.tensorType?.elemType === type).map(({ name }) => name));
  const makers = allNodes(graph).filter(({ output = [] }) => output.some((name) => names.has(name)));
  return [...new Set(makers.map(({ opType = '' }) => opType))].sort();
}

/** Control flow, and what GPU providers lack (measured with ONNX Runtime 1.30's WebGPU provider, one-node models). */
const cpuOnly: ReadonlySet<string> = new Set([
  ...['Loop', 'Scan', 'If', 'LogSoftmax', 'OneHot', 'Dropout', 'RandomUniformLike', 'Multinomial', 'Bernoulli'],
  ...['Sign', 'Mod', 'BitShift', 'Or', 'Xor', 'Sum', 'Mean', 'ConstantOfShape', 'TensorScatter', 'QuantizeLinear'],
]);

// A check of the files, without a GPU: what each device does with them is tested where one is.
describe.each(tinyStages)('%s', (stage) => {
  const model = tinyModel(stage, stage === 'gpt' ? { dropout: 0.2 } : {});

  test.each(['forward', 'decode', 'evaluate', 'train'] as const)(
    'nothing in its %s program leaves a GPU: int64 comes from Shape alone, and no operator is one for the CPU',
    (program) => {
      const file = tinyFile(program, model);
      expect(makersOf(DataType.INT64, file).filter((operator) => operator !== 'Shape')).toEqual([]);
      expect(makersOf(DataType.DOUBLE, file)).toEqual([]);
      const { graph } = decodeModel(takeScanApart(file, readState(readModelSummary(file)))?.iteration ?? file);
      const strays = allNodes(graph).filter(({ opType = '' }) => cpuOnly.has(opType));
      expect(strays.map(({ name }) => name)).toEqual([]);
    },
  );

  test('its train program scatters nothing: a scatter copies outside its shader, which graph capture loses', () => {
    const { graph } = decodeModel(tinyFile('train', model));
    expect(allNodes(graph).filter(({ opType = '' }) => opType.startsWith('Scatter'))).toEqual([]);
  });
});
