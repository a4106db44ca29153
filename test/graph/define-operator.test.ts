import { describe, expect, test } from 'vitest';
import { writeOnnx } from '../../src/export/write-onnx.ts';
import {
  add,
  broadcasting,
  build,
  defineOperator,
  div,
  emit,
  emitOne,
  exp,
  findOperator,
  GraphError,
  gradients,
  input,
  mul,
  reduceSum,
  reduceTo,
  sameAsFirst,
  sub,
  tanh,
  type Value,
} from '../../src/graph.ts';
import { decodeModel } from '../../src/onnx/codec.ts';
import { AttributeType } from '../../src/onnx/enums.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { relativeError } from '../support/interpreter-differences.ts';
import { numbersOf, runFile } from '../support/run-graph.ts';

const x = input('x', 'float32', ['batch', 3]);

const softplus = defineOperator({
  name: 'Softplus',
  since: 1,
  infer: sameAsFirst('float32'),
  gradient: ({ input, outputGradient }) => [div(outputGradient(), add(exp(mul(input(0), -1)), 1))],
});

/** A second input that broadcasts: x where it is positive, x · slope elsewhere. */
const prelu = defineOperator({
  name: 'PRelu',
  since: 16,
  infer: broadcasting(['float32']),
  gradient: ({ input, outputGradient, wanted }) => {
    const [g, x, slope] = [outputGradient(), input(0), input(1)];
    const ones = emitOne('Cast', [emitOne('Greater', [x, mul(x, 0)])], { to: 'float32' });
    return [
      mul(g, add(ones, mul(sub(1, ones), slope))),
      wanted(1) ? reduceTo(mul(g, mul(sub(1, ones), x)), slope) : undefined,
    ];
  },
});

describe('an operator of one’s own', () => {
  test('builds, differentiates twice, is written and runs: Softplus, whose slope is the logistic function', async () => {
    const y = emitOne(softplus, [x]);
    const [slope] = gradients(reduceSum(y), [x]);
    const [curvature] = gradients(reduceSum(slope), [x]);
    const bytes = writeOnnx(build({ name: 'softplus', inputs: { x }, outputs: { y, slope, curvature } }));
    const numbers = [-2, -0.5, 0, 0.5, 1, 3];
    const found = await runFile(bytes, { x: tensor('float32', [2, 3], numbers) });
    const logistic = numbers.map((number) => 1 / (1 + Math.exp(-number)));
    const expected = {
      y: numbers.map((number) => Math.log1p(Math.exp(number))),
      slope: logistic,
      curvature: logistic.map((value) => value * (1 - value)),
    };
    for (const [name, wanted] of Object.entries(expected)) {
      expect(found[name]?.shape).toEqual([2, 3]);
      expect(relativeError(numbersOf(found[name]), wanted)).toBeLessThan(1e-6);
    }
  });

  test('is called by its name, and its gradient is summed back where an input broadcasts: PRelu', async () => {
    const slope = input('slope', 'float32', [3]);
    const y = emitOne('PRelu', [x, slope]);
    const [byX, bySlope] = gradients(reduceSum(y), [x, slope]);
    const bytes = writeOnnx(build({ name: 'prelu', inputs: { x, slope }, outputs: { y, byX, bySlope } }));
    const feeds = {
      x: tensor('float32', [2, 3], [1, -2, 3, -4, -5, 6]),
      slope: tensor('float32', [3], [0.5, 0.25, 2]),
    };
    const found = await runFile(bytes, feeds);
    expect(numbersOf(found.y)).toEqual([1, -0.5, 3, -2, -1.25, 6]);
    expect(numbersOf(found.byX)).toEqual([1, 0.25, 1, 0.5, 0.25, 1]);
    expect(numbersOf(found.bySlope)).toEqual([-4, -7, 0]);
  });

  test('of another domain brings its domain and its attributes into the file', () => {
    const quick = defineOperator({
      name: 'QuickGelu',
      domain: 'com.microsoft',
      since: 1,
      attributes: { alpha: 'float', hidden: { kind: 'int', since: 2 } },
      infer: sameAsFirst('float32'),
    });
    const file = decodeModel(
      writeOnnx(
        build({ name: 'g', inputs: { x }, outputs: { y: emitOne('com.microsoft.QuickGelu', [x], { alpha: 2 }) } }),
      ),
    );
    expect(file.opsetImport).toMatchObject([{ version: 18 }, { domain: 'com.microsoft', version: 1 }]);
    expect(file.graph?.node?.[0]?.attribute).toEqual([{ name: 'alpha', type: AttributeType.FLOAT, f: 2 }]);
    const newer = build({ name: 'g', inputs: { x }, outputs: { y: emitOne(quick, [x], { hidden: 1 }) } });
    expect(decodeModel(writeOnnx(newer)).opsetImport).toMatchObject([{}, { domain: 'com.microsoft', version: 2 }]);
  });

  test('is found by its domain and name, the standard’s under either of its two spellings', () => {
    expect(findOperator('', 'Softplus')).toBe(softplus);
    expect(findOperator('ai.onnx', 'PRelu')).toBe(prelu);
    expect(findOperator('ai.onnx', 'Add')).toBe(findOperator('', 'Add'));
    expect(findOperator('my.domain', 'Add')).toBeUndefined();
  });
});

describe('what is refused', () => {
  const like = sameAsFirst('float32');

  test('an operator that is defined already, under whichever spelling of its domain', () => {
    const message = 'the operator Add is defined already; define yours under another name or domain';
    expect(() => defineOperator({ name: 'Add', since: 1, infer: like })).toThrow(new GraphError(message));
    expect(() => defineOperator({ name: 'Add', domain: 'ai.onnx', since: 1, infer: like })).toThrow(message);
    defineOperator({ name: 'Once', domain: 'my.domain', since: 1, infer: like });
    expect(() => defineOperator({ name: 'Once', domain: 'my.domain', since: 2, infer: like })).toThrow(
      'the operator my.domain.Once is defined already',
    );
  });

  test('a call of an operator that nobody defined', () => {
    expect(() => emit('NoSuch', [x])).toThrow(
      new GraphError('no operator is called NoSuch; define it with defineOperator'),
    );
  });

  test('a gradient through an operator without a rule', () => {
    const hard = defineOperator({ name: 'HardSwish', since: 14, infer: like });
    expect(() => gradients(reduceSum(emitOne(hard, [x])), [x])).toThrow(
      /^HardSwish \(used at .*define-operator\.test\.ts:\d+:\d+\) has no gradient rule; known: .*Add, /,
    );
  });

  test.each<[string, string, (g: Value) => readonly Value[]]>([
    ['another shape', 'float32 \\(\\)', (g) => [reduceSum(g)]],
    ['another type', 'float64 \\(batch, 3\\)', (g) => [emitOne('Cast', [tanh(g)], { to: 'float64' })]],
  ])('a rule that gives a gradient of %s than its input has', (what, given, rule) => {
    const name = `Wrong${what.replace(' ', '')}`;
    const wrong = defineOperator({
      name,
      domain: 'my.domain',
      since: 1,
      infer: like,
      gradient: ({ outputGradient }) => rule(outputGradient()),
    });
    expect(() => gradients(reduceSum(emitOne(wrong, [x])), [x])).toThrow(
      new RegExp(
        `^${name} \\(used at .*\\) has no gradient here: its rule gives ${given} for input 0, which is float32 \\(batch, 3\\)$`,
      ),
    );
  });
});
