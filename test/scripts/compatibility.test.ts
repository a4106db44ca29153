import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, describe, expect, test } from 'vitest';
import { columnsOf } from '../../scripts/compatibility/columns.ts';
import type { Consumer } from '../../scripts/compatibility/consumers/consumer.ts';
import { jaxJs } from '../../scripts/compatibility/consumers/jax-js.ts';
import { netron, problemsOf } from '../../scripts/compatibility/consumers/netron.ts';
import { onnxChecker, onnxVersion } from '../../scripts/compatibility/consumers/onnx-checker.ts';
import { onnxRuntime, withFile } from '../../scripts/compatibility/consumers/onnxruntime.ts';
import { transformersJs } from '../../scripts/compatibility/consumers/transformers-js.ts';
import { measuredPart, renderMeasured, withMeasuredPart } from '../../scripts/compatibility/document.ts';
import { argumentsOf, type Form, forms, isTextGeneration } from '../../scripts/compatibility/forms.ts';
import { measure, reference } from '../../scripts/compatibility/measure.ts';
import { parseTables, type Result, renderTables } from '../../scripts/compatibility/table.ts';
import { type Cell, compared, firstSentence } from '../../scripts/compatibility/verdict.ts';
import { keyOf, type WrittenForm, writeForm } from '../../scripts/compatibility/written-form.ts';
import { exportCommand } from '../../src/cli/commands/export.ts';
import { decodeModel, encodeModel } from '../../src/onnx/codec.ts';
import type { GraphProto, ModelProto, NodeProto } from '../../src/onnx/protos.ts';
import { type Tensors, tensor } from '../../src/runtime/tensor.ts';
import { pythonWithOnnx } from '../support/debian.ts';

const python = pythonWithOnnx();
const checker: readonly Consumer[] = python === undefined ? [] : [onnxChecker(python)];
const directory = mkdtempSync(join(tmpdir(), 'trilu-compatibility-'));
afterAll(() => rmSync(directory, { recursive: true }));

function formNamed(key: string): Form {
  const form = forms.find((candidate) => keyOf(candidate) === key);
  if (form === undefined) throw new Error(`there is no form ${key}`);
  return form;
}

/** What the command line makes of words after `export`. @throws CommanderError for what it does not take */
async function parsed(words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const command = new Command('export').exitOverride().configureOutput({ writeErr: () => {} });
  exportCommand.register(command);
  let seen: Readonly<Record<string, unknown>> = {};
  command.action((source: string | undefined, options: Readonly<Record<string, unknown>>) => {
    seen = { ...options, source };
  });
  await command.parseAsync(words, { from: 'user' });
  return seen;
}

/** A file of a form, changed. */
function changed(key: string, change: (model: ModelProto) => ModelProto): WrittenForm {
  const written = writeForm(formNamed(key), mkdtempSync(join(directory, 'changed-')));
  writeFileSync(written.path, encodeModel(change(decodeModel(readFileSync(written.path), key))));
  return written;
}

function withGraph(model: ModelProto, change: Partial<GraphProto>): ModelProto {
  return { ...model, graph: { ...model.graph, ...change } };
}

function mapNodes(model: ModelProto, map: (node: NodeProto, index: number) => NodeProto): ModelProto {
  return withGraph(model, { node: (model.graph.node ?? []).map(map) });
}

describe('the forms', () => {
  test('are taken by the command line in the words that the tables name them by', async () => {
    for (const form of forms) {
      const { attention, cache, precision, sizes, externalData, opset, taps, stop, characters } = form.options;
      const options = await parsed(argumentsOf(form).split(' ').filter(Boolean));
      const asked = {
        ...(form.stage === 'gpt' ? {} : { source: form.stage }),
        format: isTextGeneration(form.file) ? 'hf' : 'onnx',
        dtype: precision?.dtype ?? 'fp32',
      };
      expect(options, keyOf(form)).toMatchObject(asked);
      const unset = { quantized: precision?.form, attention, cache, static: sizes, externalData };
      const others = { ...unset, opset, taps, stop, characters };
      expect(Object.fromEntries(Object.keys(others).map((name) => [name, options[name]])), keyOf(form)).toEqual(others);
    }
  });

  test('are all different', () => {
    expect(new Set(forms.map(keyOf)).size).toBe(forms.length);
  });
});

describe('docs/compatibility.md', () => {
  const document = readFileSync(new URL('../../docs/compatibility.md', import.meta.url), 'utf8');
  const written = parseTables(document, forms);

  test('says of every form what comes of it now with ONNX Runtime on the CPU, the checker and Netron', async () => {
    // What takes long, or depends on how new Node is, stays as it was written down; transformers.js has tests of its own.
    const results = await measure(forms, directory, [...checker, netron()]);
    const merged = results.map(({ form, cells }) => ({
      form,
      cells: new Map([...(written.get(form) ?? []), ...cells]),
    }));
    const version = python === undefined ? /onnx (\S+) of Debian/.exec(document)?.[1] : onnxVersion(python);
    const now = withMeasuredPart(document, renderMeasured(columnsOf(version ?? ''), merged));
    expect(document, 'write it anew: npm run compatibility').toBe(now);
  }, 120_000);

  test('holds a verdict for every form with every consumer', () => {
    const columns = columnsOf('').map(({ name }) => name);
    for (const form of forms) {
      expect([...(written.get(form)?.keys() ?? [])], keyOf(form)).toEqual(columns);
      for (const [column, { verdict, note }] of written.get(form) ?? []) {
        expect(verdict, `${keyOf(form)}, ${column}`).toMatch(/^(equal|close|runs|valid|differs|fails|–)$/);
        if (verdict === 'fails') expect(note, `${keyOf(form)}, ${column}`).toBeTruthy();
      }
    }
  });

  test('has a verdict of no failure for ONNX Runtime on the CPU and in WebAssembly, and for transformers.js', () => {
    for (const form of forms) {
      for (const column of [reference, 'onnxruntime-web wasm', 'transformers.js']) {
        expect(written.get(form)?.get(column)?.verdict, `${keyOf(form)}, ${column}`).toMatch(/^(equal|close|runs|–)$/);
      }
    }
  });
});

describe('a file that is not as it should be', () => {
  const cpu = onnxRuntime('cpu', 'cpu');

  test('is told as failing where a node reads what nobody makes', async () => {
    const file = changed('forward --static 2,4', (model) =>
      mapNodes(model, (node, index) =>
        index === 3 ? { ...node, input: ['nowhere', ...(node.input ?? []).slice(1)] } : node,
      ),
    );
    for (const consumer of [cpu, jaxJs(), ...checker]) {
      const [cell] = await consumer.try([file], new Map());
      expect(cell, consumer.name).toMatchObject({ verdict: 'fails', note: expect.stringContaining('nowhere') });
    }
  });

  test('is told as failing where it is cut short', async () => {
    const file = writeForm(formNamed('window --format hf'), mkdtempSync(join(directory, 'cut-')));
    writeFileSync(file.path, readFileSync(file.path).subarray(0, 5000));
    for (const consumer of [cpu, transformersJs(), jaxJs(), ...checker, netron()]) {
      const [cell] = await consumer.try([file], new Map());
      expect(cell, consumer.name).toMatchObject({ verdict: 'fails', note: expect.stringMatching(/\w/) });
      expect(cell?.note).not.toContain(directory);
    }
  });

  test('is told as different where a weight is', async () => {
    const key = 'forward --static 2,4';
    const good = writeForm(formNamed(key), directory);
    const bad = changed(key, (model) => {
      const [first, ...others] = model.graph.initializer ?? [];
      if (first?.rawData === undefined) throw new Error('there is no weight');
      return withGraph(model, {
        initializer: [
          { ...first, rawData: first.rawData.map((byte, at) => (at % 4 === 3 ? byte ^ 0x80 : byte)) },
          ...others,
        ],
      });
    });
    const expected = await withFile(good, 'cpu', good.trial);
    for (const consumer of [cpu, jaxJs()]) {
      const files = [good, bad];
      const cells = await consumer.try(files, new Map(files.map(({ path }) => [path, expected])));
      expect(cells, consumer.name).toEqual([{ verdict: 'equal' }, { verdict: 'differs' }]);
    }
  });

  test.each<[string, (model: ModelProto) => ModelProto, string]>([
    [
      'the file does not say what it is',
      ({ docString: _, ...model }) => model,
      'The model does not say what it is (doc_string).',
    ],
    [
      'a node has no name',
      (model) => mapNodes(model, (node, index) => (index === 2 ? { ...node, name: '' } : node)),
      'has no name.',
    ],
    [
      'two nodes have one name',
      (model) => mapNodes(model, (node) => ({ ...node, name: '/transformer/Add' })),
      '/transformer/Add',
    ],
    [
      'a node is in no scope',
      (model) => mapNodes(model, (node, index) => (index === 2 ? { ...node, name: 'Gather_7' } : node)),
      'Gather_7 is no scope with the operator',
    ],
    [
      'a weight has another name',
      (model) =>
        withGraph(model, {
          initializer: (model.graph.initializer ?? []).map((one) =>
            one.name === 'transformer.wpe.weight' ? { ...one, name: 'onnx::MatMul_17' } : one,
          ),
        }),
      'There is no tensor called transformer.wpe.weight.',
    ],
    ['inner values have no types', (model) => withGraph(model, { valueInfo: [] }), 'has no type or no shape.'],
  ])('is told as lacking what Netron shows where %s', (_name, change, problem) => {
    const file = writeForm(formNamed('forward'), directory);
    const model = change(decodeModel(readFileSync(file.path)));
    expect(problemsOf(model, file.parameters).join('\n')).toContain(problem);
  });
});

describe('the verdict', () => {
  const floats = (...data: number[]): Tensors => ({ x: tensor('float32', [data.length], data) });
  const whole = (...data: number[]): Tensors => ({ x: tensor('int32', [data.length], data) });

  test.each<[string, number, string]>([
    ['no difference', 0, 'equal'],
    ['a difference of 1e-5 of the largest number', 1e-3, 'equal'],
    ['a difference of 1 %', 1, 'close'],
    ['a difference of 10 %', 10, 'differs'],
    ['a number that is none', Number.NaN, 'differs'],
  ])('on %s', (_name, apart, verdict) => {
    expect(compared(floats(-100, 5 + apart), floats(-100, 5)).verdict).toBe(verdict);
  });

  test('allows whole numbers no difference, and infinities where they are expected', () => {
    expect(compared(whole(1000, 1), whole(1000, 2)).verdict).toBe('differs');
    expect(compared(floats(-Infinity, 1), floats(-Infinity, 1)).verdict).toBe('equal');
    expect(compared(floats(-Infinity, 1), floats(1, 1)).verdict).toBe('differs');
  });

  test('is a failure where an output is missing or of another shape', () => {
    expect(compared({}, whole(1))).toEqual({ verdict: 'fails', note: 'It gives no x.' });
    expect(compared(whole(1, 2), whole(1))).toEqual({ verdict: 'fails', note: 'Its x is [2], not [1].' });
  });

  test('has the first sentence of a message, and of ONNX Runtime’s its end', () => {
    const long =
      'Run failed: Non-zero status code. Name:"/a/Slice" Status Message: helper.cc:4 GetIt Program Slice needs f16. More.';
    expect(firstSentence(long, '/tmp/x/a.onnx')).toBe('Program Slice needs f16.');
    expect(firstSentence('Load of /tmp/x/a.onnx failed at 1.5.2. Try again.', '/tmp/x/a.onnx')).toBe(
      'Load of a.onnx failed at 1.5.2.',
    );
  });
});

test('tables are read back as they were written, with rows that came out alike in one', () => {
  const cells = (word: Cell['verdict'], note?: string): Result['cells'] =>
    new Map([['one', { verdict: word, ...(note === undefined ? {} : { note }) }]]);
  const results = forms.slice(0, 9).map((form, index) => ({
    form,
    cells: index % 3 === 0 ? cells('fails', `It is ${index % 2}.`) : cells('equal'),
  }));
  const text = renderTables(results, ['one']);
  expect(text).toContain('| the default | decode, generate, train | equal |');
  const read = parseTables(text, forms);
  expect([...read]).toEqual(results.map(({ form, cells: given }) => [form, given]));
  expect(measuredPart(withMeasuredPart(readFileSync('docs/compatibility.md', 'utf8'), text))).toBe(text);
});
