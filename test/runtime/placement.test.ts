import { expect, test } from 'vitest';
import { placedOn, readPlacement } from '../../src/runtime/placement.ts';
import { explainingFallback } from '../../src/runtime/strict.ts';
import { tinyFile, tinyModel } from '../support/tiny-ladder.ts';
import { affine } from '../support/tiny-models.ts';

/** A device, and its provider as ONNX Runtime names it. */
const webgpu = { device: 'webgpu', executionProvider: 'WebGpuExecutionProvider' };

/** Lines as ONNX Runtime 1.30 writes them, in Node with the colours of a terminal and on the web without. */
const line = (level: string, place: string, text: string): string =>
  `2026-01-01 12:00:00.000000001 [${level}:onnxruntime:, ${place}] ${text}`;
const verify = (text: string): string => line('V', 'session_state.cc:1385 VerifyEachNodeIsAssignedToAnEp', text);

const mixed = [
  line(
    'I',
    'webgpu_execution_provider.cc:665 GetCapability',
    'webgpu kernel not found in registries for Op type: Or node name: /Or',
  ),
  line(
    'I',
    'fallback_cpu_capability.cc:177 GetCpuPreferredNodes',
    'ORT optimization- Force fallback to CPU execution for node: /a b/Gather because the CPU execution path is deemed faster than overhead involved with execution on other EPs  capable of executing this node',
  ),
  verify('Node placements'),
  verify(' Node(s) placed on [CPUExecutionProvider]. Number of nodes: 4'),
  verify('  Loop (/Loop)'),
  verify('  Or (/Or)'),
  verify('  Gather (/a b/Gather)'),
  verify('  Cast (/Cast)'),
  verify(' Node(s) placed on [WebGpuExecutionProvider]. Number of nodes: 1'),
  verify('  MatMul (/MatMul (1))'),
  '\u001b[0;93m2026-01-01 [W:onnxruntime:, session_state.cc:1397 VerifyEachNodeIsAssignedToAnEp] Some nodes were not assigned to the preferred execution providers (which may hurt)\u001b[m',
].join('\n');

test('the log of a mixed placement gives each node its provider, and those that fell back a reason', () => {
  expect(readPlacement(mixed, webgpu, affine())).toEqual([
    {
      node: '/Loop',
      operator: 'Loop',
      provider: 'CPUExecutionProvider',
      reason: 'ONNX Runtime runs control flow on the CPU',
    },
    {
      node: '/Or',
      operator: 'Or',
      provider: 'CPUExecutionProvider',
      reason: 'webgpu has no kernel for this operator with these element types at this opset',
    },
    {
      node: '/a b/Gather',
      operator: 'Gather',
      provider: 'CPUExecutionProvider',
      reason: 'it computes shapes or indices, which ONNX Runtime takes to be quicker on the CPU',
    },
    { node: '/Cast', operator: 'Cast', provider: 'CPUExecutionProvider', reason: 'ONNX Runtime gives no reason' },
    { node: '/MatMul (1)', operator: 'MatMul', provider: 'WebGpuExecutionProvider' },
  ]);
});

test('where one provider runs all, the file tells the nodes', () => {
  const log = verify(' All nodes placed on [WebGpuExecutionProvider]. Number of nodes: 2');
  expect(readPlacement(log, webgpu, affine())).toEqual([
    { node: 'product', operator: 'MatMul', provider: 'WebGpuExecutionProvider' },
    { node: 'y', operator: 'Add', provider: 'WebGpuExecutionProvider' },
  ]);
});

test('nodes inside bodies are told too', () => {
  const operators = placedOn('CPUExecutionProvider', tinyFile('generate', tinyModel('head'))).map(
    ({ operator }) => operator,
  );
  expect(operators).toContain('Loop');
  expect(operators).toContain('Softmax');
});

test('a log without a placement is an error, not an empty report', () => {
  expect(() => readPlacement('nothing of the kind', webgpu, affine())).toThrow(
    'ONNX Runtime does not tell which provider runs what.',
  );
});

test('what strict refuses is told by node and reason', async () => {
  const refused = new Error(
    'This session contains graph nodes that are assigned to the default CPU EP, but fallback to CPU EP has been explicitly disabled by the user.',
  );
  const loading = explainingFallback(
    webgpu,
    () => Promise.reject(refused),
    async () => readPlacement(mixed, webgpu, affine()),
  );
  await expect(loading).rejects.toThrow(
    'The model can\'t run wholly on webgpu; these nodes would run on the CPU: Loop "/Loop" (ONNX Runtime runs control flow on the CPU); Or "/Or" (webgpu has no kernel',
  );
  const other = explainingFallback(
    webgpu,
    () => Promise.reject(new Error('something else')),
    async () => [],
  );
  await expect(other).rejects.toThrow('something else');
});
