import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../../src/safetensors/safetensors.ts';
import { quiet, runTrilu, sharedFolder, smallModel, succeed, writeText } from '../command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };
const text = join(folder, 'text.txt');

function train(...options: readonly string[]): Promise<string> {
  return succeed(['train', '--data', 'text.txt', ...options], cwd);
}

function json(directory: string, name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, directory, name), 'utf8'));
}

function metrics(directory: string): Record<string, number>[] {
  const lines = readFileSync(join(folder, directory, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line));
}

function tensors(directory: string, name = 'model.safetensors'): ReturnType<typeof decodeSafetensors>['tensors'] {
  return decodeSafetensors(readFileSync(join(folder, directory, name))).tensors;
}

beforeAll(() => writeText(text));

describe.concurrent('the run directory of a GPT', () => {
  let stdout = '';
  const vocabulary = (): string[] => [...new Set(readFileSync(text, 'utf8'))].sort();

  beforeAll(async () => {
    const reports = [
      '--eval-every',
      '100',
      '--eval-batches',
      '3',
      '--sample-every',
      '150',
      '--checkpoint-every',
      '100',
    ];
    stdout = await train('gpt-nano', '--out', 'gpt', '--steps', '250', '--warm-up', '20', ...smallModel, ...reports);
  });

  it('holds the files that are promised, and nothing else', () => {
    expect(readdirSync(join(folder, 'gpt')).sort()).toEqual([
      'best',
      'checkpoints',
      'config.json',
      'generation_config.json',
      'metrics.jsonl',
      'model.safetensors',
      'report.html',
      'samples.jsonl',
      'special_tokens_map.json',
      'tensorboard',
      'tokenizer.json',
      'tokenizer_config.json',
      'trainer.json',
      'training.json',
      'training_state.safetensors',
    ]);
    expect(readdirSync(join(folder, 'gpt/checkpoints'))).toEqual(['step-200.safetensors']);
    expect(readdirSync(join(folder, 'gpt/tensorboard'))).toEqual([
      expect.stringMatching(/^events\.out\.tfevents\.\d{10}\./),
    ]);
  });

  it('describes the model in GPT-2’s keys, and the rest under trilu', () => {
    expect(json('gpt', 'config.json')).toMatchObject({
      model_type: 'gpt2',
      architectures: ['GPT2LMHeadModel'],
      vocab_size: vocabulary().length,
      n_positions: 8,
      n_embd: 16,
      n_layer: 1,
      n_head: 2,
      resid_pdrop: 0,
      embd_pdrop: 0,
      attn_pdrop: 0,
      tie_word_embeddings: true,
      trilu: { version: 1, model: 'gpt-nano', bias: false },
    });
    expect(json('gpt', 'generation_config.json')).toMatchObject({ do_sample: true });
    const { model } = json('gpt', 'tokenizer.json') as { model: { vocab: Record<string, number> } };
    expect(model.vocab).toEqual(Object.fromEntries(vocabulary().map((character, id) => [character, id])));
  });

  it('holds the weights under GPT-2’s names and shapes, with zeros for the biases that this model lacks', () => {
    const V = vocabulary().length;
    const weights = tensors('gpt');
    const block = 'transformer.h.0';
    expect(Object.fromEntries([...weights].map(([name, { shape }]) => [name, shape]))).toEqual({
      'transformer.wte.weight': [V, 16],
      'transformer.wpe.weight': [8, 16],
      [`${block}.ln_1.weight`]: [16],
      [`${block}.ln_1.bias`]: [16],
      [`${block}.attn.c_attn.weight`]: [16, 48],
      [`${block}.attn.c_attn.bias`]: [48],
      [`${block}.attn.c_proj.weight`]: [16, 16],
      [`${block}.attn.c_proj.bias`]: [16],
      [`${block}.ln_2.weight`]: [16],
      [`${block}.ln_2.bias`]: [16],
      [`${block}.mlp.c_fc.weight`]: [16, 64],
      [`${block}.mlp.c_fc.bias`]: [64],
      [`${block}.mlp.c_proj.weight`]: [64, 16],
      [`${block}.mlp.c_proj.bias`]: [16],
      'transformer.ln_f.weight': [16],
      'transformer.ln_f.bias': [16],
    });
    for (const [name, { data }] of weights) {
      const zero = Array.from(data, Number).every((element) => element === 0);
      expect(zero, name).toBe(name.endsWith('.bias'));
    }
  });

  it('says in trainer.json where the run stands', () => {
    expect(json('gpt', 'trainer.json')).toMatchObject({
      version: 1,
      step: 250,
      seed: 1337,
      data: { path: text, characters: [...readFileSync(text, 'utf8')].length },
      options: { steps: 250, batch: 2, checkpointEvery: 100, evaluateEvery: 100, sampleEvery: 150 },
    });
    const { data_position: position, seconds } = json('gpt', 'trainer.json');
    expect(position).toHaveLength(4);
    expect(seconds).toBeGreaterThan(0);
  });

  it('holds the whole state: each parameter with its moments, and the step', () => {
    const state = tensors('gpt', 'training_state.safetensors');
    const trained = [...tensors('gpt')].filter(([name]) => !name.endsWith('.bias'));
    const names = trained.flatMap(([name]) => [name, `${name}.exp_avg`, `${name}.exp_avg_sq`]);
    expect([...state.keys()].sort()).toEqual([...names, 'step'].sort());
    for (const [name, { data }] of trained) expect(state.get(name)?.data, name).toEqual(data);
    expect(Array.from(state.get('step')?.data ?? [], Number)).toEqual([250]);
  });

  it('has a line of metrics for each report, with the validation loss where it was measured', () => {
    const lines = metrics('gpt');
    expect(lines.map(({ step }) => step)).toEqual(Array.from({ length: 25 }, (_, index) => (index + 1) * 10));
    for (const line of lines) {
      const keys = ['gradient_norm', 'learning_rate', 'loss', 'seconds', 'step', 'tokens_per_second'];
      const evaluated = [100, 200, 250].includes(line.step ?? 0);
      expect(Object.keys(line).sort()).toEqual(evaluated ? [...keys, 'validation_loss'] : keys);
      for (const value of Object.values(line)) expect(value).toBeGreaterThan(0);
    }
    const seconds = lines.map((line) => line.seconds ?? 0);
    expect(seconds).toEqual(seconds.toSorted((left, right) => left - right));
  });

  it('has learned something, and says how much on standard output, in one line', () => {
    const lines = metrics('gpt');
    const first = lines[0]?.loss ?? 0;
    expect(first).toBeCloseTo(Math.log(vocabulary().length), 0);
    expect(lines.at(-1)?.loss).toBeLessThan(first - 0.5);
    expect(stdout).toMatch(/^step 250: validation loss \d\.\d{4} over \d+ characters, 0:\d\d of training\n$/);
    expect(Number(/loss (\S+)/.exec(stdout)?.[1])).toBeLessThan(first - 0.5);
  });
});

it.concurrent('0 means never: no evaluation, no sample, no checkpoint but the last', async () => {
  const { code, stderr } = await runTrilu(
    ['train', 'bigram', '--data', 'text.txt', '--out', 'silent', '--steps', '120', ...quiet],
    cwd,
  );
  expect([code, stderr]).toEqual([0, expect.not.stringMatching(/validation loss|── step/)]);
  expect(metrics('silent').filter((line) => 'validation_loss' in line)).toEqual([]);
  expect(json('silent', 'trainer.json').step).toBe(120);
  expect(json('silent', 'config.json').model_type).toBe('trilu-bigram');
});

it.concurrent('the progress on standard error has samples, evaluations, a curve and what to do next', async () => {
  const options = ['--steps', '100', '--eval-every', '50', '--eval-batches', '2', '--sample-every', '50'];
  const { stderr } = await runTrilu(['train', 'bigram', '--data', 'text.txt', '--out', "it's here", ...options], cwd);
  expect(stderr).toMatch(/^Training bigram: \d+ parameters, 100 steps, on (cpu|webgpu|cuda)\.$/m);
  expect(stderr.match(/^── step (50|100) ─+$/gm)).toHaveLength(2);
  expect(
    stderr.match(/^step (50|100): training loss \d\.\d+, validation loss \d\.\d+( \(lowest: .*\))?$/gm),
  ).toHaveLength(2);
  expect(stderr).toMatch(/^step 100\/100 · loss \d\.\d+ · validation \d\.\d+ · [\d,]+ tokens\/s · 0:00 left$/m);
  expect(stderr).toMatch(/^ {8}─ training \d\.\d+ {3}● validation \d\.\d+$/m);
  expect(stderr).toMatch(/^Optimizer {2}learning rate 0\.01 · /m);
  expect(stderr).toContain("npx trilu train --resume 'it'\\''s here' --steps 200");
});

it.concurrent('without --out each run gets a folder of its own', async () => {
  for (const _ of [1, 2]) await train('bigram', '--steps', '2', ...quiet);
  expect(existsSync(join(folder, 'runs/bigram/trainer.json'))).toBe(true);
  expect(existsSync(join(folder, 'runs/bigram-2/trainer.json'))).toBe(true);
});
