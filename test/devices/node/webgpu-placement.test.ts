import { describe, expect, test } from 'vitest';
import { open } from '../../../src/runtime/node/open.ts';
import { useSwiftShader } from '../../support/swiftshader.ts';
import { tinyFile, tinyModel, tinyStages } from '../../support/tiny-ladder.ts';

const onGpu = { device: 'webgpu', worker: false } as const;
const modelOf = (stage: string) => tinyModel(stage, stage === 'gpt' ? { dropout: 0.2 } : {});

describe.skipIf(!useSwiftShader())('on WebGPU in Node', () => {
  test.each(tinyStages)('no node of forward, decode, evaluate and train runs on the CPU: %s', async (stage) => {
    for (const program of ['forward', 'decode', 'evaluate', 'train'] as const) {
      const session = await open(tinyFile(program, modelOf(stage)), { ...onGpu, strict: true });
      await session.dispose();
    }
  });

  test('the report of a train program: all on the GPU but the Scan, whose iterations the session runs', async () => {
    const session = await open(tinyFile('train', modelOf('gpt')), onGpu);
    const placement = await session.placement();
    await session.dispose();
    expect(placement.length).toBeGreaterThan(500);
    const elsewhere = placement.filter(({ provider }) => provider !== 'WebGpuExecutionProvider');
    expect(elsewhere).toEqual([
      {
        node: '/Scan',
        operator: 'Scan',
        provider: 'trilu',
        reason: 'the session runs its iterations itself, so that the carried values stay on the device',
      },
    ]);
  });

  // All that of the ladder runs on the CPU: the Loops, what counts their turns in int64, and in their bodies what the WebGPU provider
  // has no kernel for.
  const counting = ['Add', 'Div', 'Max', 'Min', 'Mul', 'Squeeze', 'Sub', 'Unsqueeze'];
  const fallbacks = [
    ...[...counting, 'Cast', 'GatherElements', 'Identity', 'Slice'].map((operator) => [
      operator,
      'webgpu has no kernel for this operator with these element types at this opset',
    ]),
    ['Loop', 'ONNX Runtime runs control flow on the CPU'],
  ].sort();

  test.each(['bigram', 'average', 'head', 'gpt'])(
    'a generate program falls back for these nodes alone: %s',
    async (stage) => {
      const session = await open(tinyFile('generate', modelOf(stage)), onGpu);
      const placement = await session.placement();
      await session.dispose();
      const strays = placement.filter(({ provider }) => provider !== 'WebGpuExecutionProvider');
      expect(strays.every(({ provider }) => provider === 'CPUExecutionProvider')).toBe(true);
      const found = new Map(strays.map(({ operator, reason }) => [operator, reason]));
      expect([...found].sort()).toEqual(fallbacks);
    },
  );

  test('strict refuses a generate program and names the nodes', async () => {
    const opening = open(tinyFile('generate', modelOf('head')), { ...onGpu, strict: true });
    await expect(opening).rejects.toThrow(
      /^The model can't run wholly on webgpu; these nodes would run on the CPU: .*Loop "\/Loop", .* \(ONNX Runtime runs control flow on the CPU\)\. Leave strict out to allow it, or take another program or device\.$/,
    );
  });
});
