import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exportFiles } from '../../../src/export/export-program.ts';
import { type PrecisionOptions, withPrecision } from '../../../src/export/precision/precision.ts';
import type { Block, Graph } from '../../../src/graph/index.ts';
import { decodeModel } from '../../../src/onnx/codec.ts';
import { readTensor } from '../../../src/onnx/tensor-proto.ts';
import { makeProgram, type Program, type ProgramName } from '../../../src/programs/index.ts';
import type { Weights } from '../../../src/programs/parameters.ts';
import { open } from '../../../src/runtime/node/open.ts';
import type { DeviceName } from '../../../src/runtime/session.ts';
import { scalar, type Tensors, zeroTensor } from '../../../src/runtime/tensor.ts';
import { problemsOf } from '../../support/check-graph.ts';
import { pythonWithOnnx } from '../../support/debian.ts';
import { distance, numbersOf } from '../../support/run-graph.ts';
import { someOptimizer, someTokens, strongWeights, tinyModel, tinyStages } from '../../support/tiny-ladder.ts';
import { halfWeights, roundedWeights } from './rounded-matrix.ts';

const programsOf: readonly ProgramName[] = ['forward', 'decode', 'generate', 'evaluate'];

function programOf(name: ProgramName, stage: string, embedding = 24): Program {
  // 24 is no multiple of a block: the last one is short.
  return makeProgram(name, tinyModel(stage, { embedding, layers: 1 }), { optimizer: someOptimizer });
}

const feedsOf: Readonly<Record<string, Tensors>> = {
  forward: { tokens: someTokens([2, 5]) },
  decode: { tokens: someTokens([2, 5]) },
  evaluate: { tokens: someTokens([2, 5]), targets: someTokens([2, 5], 1) },
  generate: {
    tokens: someTokens([2, 5]),
    count: scalar('int32', 6), // beyond the block of 8
    temperature: scalar('float32', 0),
    top_k: scalar('int32', 0),
    top_p: scalar('float32', 1),
    seed: scalar('int32', 7),
  },
};

interface Running {
  readonly program: Program;
  readonly weights: Weights;
  readonly precision?: PrecisionOptions;
  readonly device?: DeviceName;
}

/** Runs a program in a precision; ONNX Runtime keeps from rounding what comes in where it reads a DequantizeLinear. */
async function run({ program, weights, precision = { dtype: 'fp32' }, device = 'cpu' }: Running): Promise<Tensors> {
  const { model } = exportFiles(program, { weights, precision });
  const exact = { extra: { session: { qdq_matmulnbits_accuracy_level: '0' } } };
  const session = await open(model, {
    device,
    worker: false,
    threads: 1,
    ...(device === 'cpu' ? { sessionOptions: exact } : {}),
  });
  try {
    const past = session.program.inputs.filter(({ name }) => name.startsWith('cache.'));
    const cache = past.map(({ name, shape }) => [
      name,
      zeroTensor(
        'float32',
        shape.map((size) => (size === 'batch' ? 2 : size === 'past' ? 0 : Number(size))),
      ),
    ]);
    return await session.run({ ...feedsOf[program.name], ...Object.fromEntries(cache) });
  } finally {
    await session.dispose();
  }
}

function expectNear(results: Tensors, expected: Tensors, tolerance: number): void {
  expect(Object.keys(results)).toEqual(Object.keys(expected));
  for (const [name, wanted] of Object.entries(expected)) {
    const result = results[name];
    expect([result?.type, result?.shape], name).toEqual([wanted.type, wanted.shape]);
    expect(distance(numbersOf(result), numbersOf(wanted)), name).toBeLessThan(tolerance);
  }
}

const operatorsOf = ({ nodes }: Pick<Block, 'nodes'>): string[] =>
  nodes.flatMap(({ node, bodies }) => [node.operator.name, ...Object.values(bodies).flatMap(operatorsOf)]);

const exactForms: readonly PrecisionOptions[] = [
  { dtype: 'int8', blockSize: 16 },
  { dtype: 'int4', blockSize: 32 },
  { dtype: 'int8', form: 'matmulnbits', blockSize: 32, accuracyLevel: 0 },
  { dtype: 'int4', form: 'matmulnbits', blockSize: 16, accuracyLevel: 0 },
];

/** Of each kind of layer one stage; every stage in every form is tried by the table of compatibility. */
const stages = tinyStages.filter((stage) => !/average|multi-head|feed-forward|layer-norm|gpt-nano/.test(stage));

describe.each(stages)('%s', (stage) => {
  test.each(exactForms)('computes in %o what fp32 computes with the same weights, rounded', async (precision) => {
    for (const name of programsOf) {
      const program = programOf(name, stage);
      const weights = strongWeights(tinyModel(stage, { embedding: 24, layers: 1 }));
      const rounded = roundedWeights(
        program.graph,
        weights,
        precision.dtype === 'int8' ? 8 : 4,
        precision.blockSize ?? 32,
      );
      expectNear(await run({ program, weights, precision }), await run({ program, weights: rounded }), 2e-5);
    }
  });

  test('computes in fp16 nearly what fp32 computes with the same weights, rounded', async () => {
    for (const name of programsOf) {
      const program = programOf(name, stage);
      const weights = strongWeights(tinyModel(stage, { embedding: 24, layers: 1 }));
      const rounded = halfWeights(program.graph, weights);
      const tolerance = name === 'generate' ? 0.5 : 0.02; // tokens are equal
      expectNear(
        await run({ program, weights, precision: { dtype: 'fp16' } }),
        await run({ program, weights: rounded }),
        tolerance,
      );
    }
  });
});

describe('the forms that round what comes in', () => {
  const program = programOf('forward', 'gpt', 64);
  const weights = strongWeights(tinyModel('gpt', { embedding: 64, layers: 1 }));

  test.each<PrecisionOptions>([
    { dtype: 'int8', form: 'matmulnbits' },
    { dtype: 'int4', form: 'matmulnbits' },
    { dtype: 'int8', form: 'matmulinteger' },
  ])('%o is near fp32 with the same weights, rounded', async (precision) => {
    const blockSize = precision.form === 'matmulinteger' ? 256 : 32;
    const rounded = roundedWeights(program.graph, weights, precision.dtype === 'int8' ? 8 : 4, blockSize);
    const [{ logits }, { logits: expected }] = [
      await run({ program, weights, precision }),
      await run({ program, weights: rounded }),
    ];
    const largest = Math.max(...numbersOf(expected).map(Math.abs));
    const off = distance(numbersOf(logits), numbersOf(expected));
    expect(off).toBeGreaterThan(0);
    expect(off).toBeLessThan(0.05 * largest);
  });

  test('matmulinteger runs in all programs, in a loop too', async () => {
    for (const name of programsOf) {
      const results = await run({
        program: programOf(name, 'gpt'),
        weights: strongWeights(tinyModel('gpt', { embedding: 24, layers: 1 })),
        precision: { dtype: 'int8', form: 'matmulinteger' },
      });
      for (const result of Object.values(results)) expect(numbersOf(result).every(Number.isFinite)).toBe(true);
    }
  });
});

test.each<PrecisionOptions>([{ dtype: 'int8' }, { dtype: 'int4' }])(
  'ONNX Runtime turns each product of %o into a MatMulNBits when it loads the file on the CPU',
  async (precision) => {
    const folder = mkdtempSync(join(tmpdir(), 'trilu-fused-'));
    try {
      const weights = strongWeights(tinyModel('gpt', { embedding: 32, layers: 1 }));
      const optimized = join(folder, 'optimized.onnx');
      const { model } = exportFiles(programOf('decode', 'gpt', 32), { weights, precision });
      const sessionOptions = { optimizedModelFilePath: optimized, logSeverityLevel: 3 } as const;
      const session = await open(model, { device: 'cpu', worker: false, threads: 1, sessionOptions });
      await session.dispose();
      const operators = decodeModel(readFileSync(optimized)).graph.node?.map(({ opType }) => opType) ?? [];
      expect(operators.filter((name) => name === 'MatMulNBits')).toHaveLength(5); // four of the layer, and the head
      expect(operators.filter((name) => name === 'DequantizeLinear')).toHaveLength(1); // of the tokens' rows
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

describe('on wasm', () => {
  test.each<PrecisionOptions>([
    { dtype: 'fp16' },
    { dtype: 'int8' },
    { dtype: 'int4' },
    { dtype: 'int8', form: 'matmulnbits' },
    { dtype: 'int4', form: 'matmulnbits' },
    { dtype: 'int8', form: 'matmulinteger' },
  ])('%o computes what the CPU computes', async (precision) => {
    const weights = strongWeights(tinyModel('gpt', { embedding: 64, layers: 1 }));
    const program = programOf('forward', 'gpt', 64);
    const { logits } = await run({ program, weights, precision, device: 'wasm' });
    const { logits: expected } = await run({ program, weights, precision });
    const largest = Math.max(...numbersOf(expected).map(Math.abs));
    expect(distance(numbersOf(logits), numbersOf(expected))).toBeLessThan(0.03 * largest);
  });
});

describe('the file', () => {
  const program = programOf('forward', 'gpt', 32);
  const weights = strongWeights(tinyModel('gpt', { embedding: 32, layers: 1 }));
  const stored = (precision: PrecisionOptions): Record<string, string> => {
    const { model } = exportFiles(program, { weights, precision });
    const tensors = (decodeModel(model).graph.initializer ?? []).map(readTensor);
    const named = tensors.filter(({ name }) => /^(transformer|lm_head)/.test(name));
    return Object.fromEntries(
      named.map(({ name, type, dims }) => [name.replace('transformer.', ''), `${type} ${dims}`]),
    );
  };

  test.each<
    [precision: PrecisionOptions, opset: number, attention: readonly [string, string], table: readonly [string, string]]
  >([
    [{ dtype: 'int8' }, 21, ['int8 32,96', 'float32 1,96'], ['int8 11,32', 'float32 11,1']],
    [{ dtype: 'int4', blockSize: 16 }, 21, ['int4 32,96', 'float32 2,96'], ['int8 11,32', 'float32 11,2']],
    [{ dtype: 'int8', form: 'matmulnbits' }, 18, ['uint8 96,1,32', 'float32 96,1'], ['uint8 11,1,32', 'float32 11,1']],
    [{ dtype: 'int4', form: 'matmulnbits' }, 18, ['uint8 96,1,16', 'float32 96,1'], ['uint8 11,1,32', 'float32 11,1']],
    [{ dtype: 'int8', form: 'matmulinteger' }, 18, ['int8 32,96', 'float32 96'], ['int8 11,32', 'float32 11']],
  ])('of %o names its weights and scales, and holds the token table once', (precision, opset, attention, table) => {
    expect(exportFiles(program, { weights, precision }).opset).toBe(opset);
    const names = stored(precision);
    expect([names['h.0.attn.c_attn.weight_quantized'], names['h.0.attn.c_attn.weight_scale']]).toEqual(attention);
    expect([names['wte.weight_quantized'], names['wte.weight_scale']]).toEqual(table);
    expect(names['wpe.weight']).toBe('float32 8,32');
    expect(names['ln_f.weight']).toBe('float32 32');
    expect(Object.keys(names).filter((name) => /(attn|mlp|wte).*weight$/.test(name))).toEqual([]);
  });

  test('of fp16 holds matrices in float16 under their own names, vectors in float32', () => {
    const names = stored({ dtype: 'fp16' });
    expect(names['h.0.attn.c_attn.weight']).toBe('float16 32,96');
    expect(names['wte.weight']).toBe('float16 11,32');
    expect(names['wpe.weight']).toBe('float16 8,32');
    expect(names['ln_f.weight']).toBe('float32 32');
  });

  test.each<PrecisionOptions>([{ dtype: 'fp16' }, ...exactForms, { dtype: 'int8', form: 'matmulinteger' }])(
    'of %o defines each name once and before it is used, in each program',
    (precision) => {
      for (const name of programsOf) {
        const { graph } = withPrecision(programOf(name, 'gpt', 32), weights, precision).program;
        expect(problemsOf(graph)).toEqual([]);
      }
    },
  );

  test('of fp16 normalises, masks and takes softmax in float32, and multiplies matrices in float16', () => {
    const { graph } = withPrecision(program, weights, { dtype: 'fp16' }).program;
    const typesOf = (operator: string): string[] =>
      graph.nodes
        .filter(({ node }) => node.operator.name === operator)
        .flatMap(({ node }) => node.outputs[0]?.type ?? []);
    expect(new Set(['LayerNormalization', 'Softmax', 'Where'].flatMap(typesOf))).toEqual(new Set(['float32']));
    expect(new Set(typesOf('MatMul'))).toEqual(new Set(['float16']));
    expect(graph.outputs.map(({ value }) => value.type)).toEqual(['float32']);
  });

  test('of a program with loops unpacks or casts weights outside of them', () => {
    const bodiesOf = ({ graph }: { graph: Graph }): string[] =>
      graph.nodes.flatMap(({ bodies }) => Object.values(bodies).flatMap(operatorsOf));
    const generate = programOf('generate', 'gpt', 32);
    const plain = bodiesOf(generate).filter((name) => name === 'Cast').length;
    const half = withPrecision(generate, weights, { dtype: 'fp16' }).program;
    expect(bodiesOf(half).filter((name) => name === 'Cast')).toHaveLength(plain);
    // MatMulNBits' weights are not found two loops up.
    const packed = withPrecision(generate, weights, { dtype: 'int4', form: 'matmulnbits' });
    expect(operatorsOf(packed.program.graph)).not.toContain('MatMulNBits');
    expect(packed.opset).toBe(21);
    const rows = bodiesOf(packed.program).filter((name) => name === 'DequantizeLinear').length;
    expect(rows).toBe(2); // of the tokens' rows only, in each loop once
  });
});

const python = pythonWithOnnx();

describe.skipIf(python === undefined)("Debian's onnx 1.12 checks", () => {
  test.each<PrecisionOptions>([{ dtype: 'fp16' }, { dtype: 'int8', form: 'matmulinteger' }])(
    '%o at opset 17',
    (precision) => {
      const folder = mkdtempSync(join(tmpdir(), 'trilu-precision-'));
      try {
        const files = programsOf.map((name) => {
          const file = join(folder, `${name}.onnx`);
          const weights = strongWeights(tinyModel('gpt', { embedding: 24, layers: 1 }));
          writeFileSync(file, exportFiles(programOf(name, 'gpt'), { weights, precision, opset: 17 }).model);
          return file;
        });
        const script =
          'import onnx, sys\nfor file in sys.argv[1:]: onnx.checker.check_model(onnx.load(file), full_check=True)';
        execFileSync(python ?? '', ['-c', script, ...files], { encoding: 'utf8' });
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

describe('refuses', () => {
  const weights = strongWeights(tinyModel('gpt', { embedding: 24, layers: 1 }));
  const spoiled = (number: number): Weights => {
    const name = 'transformer.h.0.mlp.c_fc.weight';
    return new Map(weights).set(
      name,
      Float32Array.from(weights.get(name) ?? [], (element, at) => (at === 7 ? number : element)),
    );
  };

  test.each<[what: string, program: ProgramName, options: PrecisionOptions, given: Weights, message: string]>([
    [
      'to train in int8',
      'train',
      { dtype: 'int8' },
      weights,
      "The train program can't be written in int8: its weights change, so it is written in fp32 only.",
    ],
    ['to train in fp16', 'train', { dtype: 'fp16' }, weights, "The train program can't be written in fp16"],
    [
      'blocks of 24',
      'forward',
      { dtype: 'int8', blockSize: 24 },
      weights,
      'in blocks of 24; choose 16, 32, 64, 128 or 256.',
    ],
    [
      'int4 in matmulinteger',
      'forward',
      { dtype: 'int4', form: 'matmulinteger' },
      weights,
      'The form matmulinteger is for int8, not for int4; choose qdq or matmulnbits.',
    ],
    [
      'a weight that is no number',
      'forward',
      { dtype: 'int8' },
      spoiled(Number.NaN),
      "The weights of transformer.h.0.mlp.c_fc.weight hold NaN, which whole numbers can't stand for",
    ],
    ['an infinite weight', 'forward', { dtype: 'int4' }, spoiled(Number.POSITIVE_INFINITY), 'hold Infinity'],
    [
      'a weight beyond float16',
      'forward',
      { dtype: 'fp16' },
      spoiled(1e6),
      "hold 1000000, which is beyond float16's 65504: write them in fp32.",
    ],
    [
      'missing weights',
      'forward',
      { dtype: 'int8' },
      new Map(),
      'There are no weights for the parameter transformer.h.0.attn.c_attn.weight.',
    ],
    [
      'weights of another size',
      'forward',
      { dtype: 'int8' },
      new Map(weights).set('transformer.wte.weight', new Float32Array(3)),
      'has 264 elements, but its weights have 3.',
    ],
  ])('%s', (_, program, options, given, message) => {
    expect(() => withPrecision(programOf(program, 'gpt'), given, options)).toThrow(message);
  });
});

test('a model without matrix products keeps its table in float32 and says that nothing was converted', () => {
  const { program, converted } = withPrecision(programOf('forward', 'bigram'), new Map(), { dtype: 'int8' });
  expect(converted).toEqual([]);
  expect(program.graph.parameters).toHaveLength(1);
});
