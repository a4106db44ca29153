import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeModel, encodeModel } from '../../src/onnx/codec.ts';
import { dataTypes, type TensorData } from '../../src/onnx/data-types.ts';
import { readModelSummary } from '../../src/onnx/metadata.ts';
import { readTensor, tensorProto } from '../../src/onnx/tensor-proto.ts';
import { decodeMessage, encodeMessage } from '../../src/onnx/wire.ts';
import { debianPath } from '../support/debian.ts';

const folder = debianPath('/usr/share/libonnx-testdata/data', 'libonnx-testdata');

/** Every file of the published test data with that ending, relative to its folder. */
function files(ending: string): string[] {
  if (folder === undefined) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith(ending));
}

describe.skipIf(folder === undefined)("the ONNX project's own test models", () => {
  const read = (path: string): Uint8Array => readFileSync(join(folder ?? '', path));
  const models = files('.onnx');
  const tensors = files('.pb');

  test('are all there', () => {
    expect(models.length).toBeGreaterThan(1000);
    expect(tensors.length).toBeGreaterThan(2000);
  });

  test('are the same bytes after reading and writing', () => {
    const changed = models.filter((path) => {
      const bytes = read(path);
      return Buffer.compare(encodeModel(decodeModel(bytes, path)), bytes) !== 0;
    });
    expect(changed).toEqual([]);
  });

  test('hold no field that the schema does not know', () => {
    const unknown = models.filter((path) => hasUnknown(decodeModel(read(path), path)));
    expect(unknown).toEqual([]);
  });

  test('have a summary equal to what decoding them whole gives', () => {
    for (const path of models) {
      const bytes = read(path);
      const model = decodeModel(bytes, path);
      const summary = readModelSummary(bytes, path);
      expect(summary).toEqual({
        irVersion: model.irVersion,
        opsets: Object.fromEntries(
          model.opsetImport.map(({ domain, version }) => [domain === 'ai.onnx' ? '' : (domain ?? ''), version]),
        ),
        producerName: model.producerName ?? '',
        graphName: model.graph.name,
        metadata: {},
      });
    }
  });

  test('come with tensors that are the same bytes after reading and writing, and again as raw data of the same elements', () => {
    const changed: string[] = [];
    const types = new Set<string>();
    for (const path of tensors) {
      const bytes = read(path);
      // Some inputs are sequences or optionals; those files are another message.
      if (!isTensor(path, bytes)) continue;
      const proto = decodeMessage('TensorProto', bytes, path);
      if (Buffer.compare(encodeMessage('TensorProto', proto), bytes) !== 0) changed.push(path);
      const { name, type, dims, data } = readTensor(proto);
      types.add(type);
      const again = readTensor(tensorProto(name, type, dims, data));
      if (!sameData(again.data, data) || again.type !== type || String(again.dims) !== String(dims)) changed.push(path);
    }
    expect(changed).toEqual([]);
    expect([...types].every((type) => Object.hasOwn(dataTypes, type))).toBe(true);
    expect(types.size).toBeGreaterThan(10);
  });
});

/** Bit for bit, which `toEqual` is too slow for here. */
function sameData(a: TensorData, b: TensorData): boolean {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return String(a) === String(b);
  const bytes = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return Buffer.compare(bytes(a), bytes(b)) === 0;
}

function hasUnknown(message: unknown): boolean {
  if (typeof message !== 'object' || message === null || ArrayBuffer.isView(message)) return false;
  return 'unknownFields' in message || Object.values(message).some(hasUnknown);
}

/** Whether the node's value is a plain tensor, which the model beside the test data says. */
function isTensor(path: string, bytes: Uint8Array): boolean {
  const [test, , file] = path.split('/').slice(-3);
  if (test === undefined || file === undefined) throw new Error(`unexpected path ${path}`);
  const match = /^(input|output)_(\d+)\.pb$/.exec(file);
  const model = decodeModel(readFileSync(join(folder ?? '', path, '..', '..', 'model.onnx')));
  const values = match?.[1] === 'output' ? model.graph.output : model.graph.input;
  return bytes.length > 0 && values?.[Number(match?.[2])]?.type?.tensorType !== undefined;
}
