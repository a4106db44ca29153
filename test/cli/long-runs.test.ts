import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { quiet, runTrilu, sharedFolder, smallModel, succeed, trilu, writeText } from './command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };
const model = ['gpt-nano', '--data', 'text.txt', ...smallModel];

beforeAll(() => {
  writeText(join(folder, 'text.txt'));
  writeFileSync(join(folder, 'broken.json'), '{"layer": 3}');
});

const file = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8');
const json = (...path: string[]) => JSON.parse(file(...path));
const metrics = (run: string): { step: number; loss: number | null; validation_loss?: number }[] =>
  file(run, 'metrics.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe.concurrent('settings', () => {
  it('from a run’s own file make that run again, and the command line goes before them', async () => {
    const settings = ['--steps', '12', '--dropout', '0.1', '--learning-rate', '3e-3', '--rng', 'torch', '--seed', '5'];
    await succeed(['train', ...model, ...quiet, ...settings, '--out', 'one'], cwd);
    await succeed(['train', '--config', 'one/training.json', '--out', 'two', '--device', 'cpu', '--threads', '1'], cwd);
    expect(file('two/model.safetensors')).toBe(file('one/model.safetensors'));
    const other = [
      '--config',
      'one/training.json',
      '--seed',
      '6',
      '--out',
      'three',
      '--device',
      'cpu',
      '--threads',
      '1',
    ];
    await succeed(['train', ...other], cwd);
    expect(json('three/training.json')).toEqual({ ...json('one/training.json'), seed: 6 });
    expect(file('three/model.safetensors')).not.toBe(file('one/model.safetensors'));
  });

  it('of a preset are those that are published', async () => {
    await succeed(
      [
        'train',
        'multi-head',
        '--preset',
        'lecture',
        '--data',
        'text.txt',
        '--steps',
        '3',
        ...quiet,
        '--out',
        'lecture',
        '--device',
        'cpu',
      ],
      cwd,
    );
    expect(json('lecture/training.json')).toMatchObject({
      model: 'multi-head',
      initialization: 'torch',
      attention_scale: 'embedding',
      weight_decay: 0.01,
      decayed: 'all',
      clip: 0,
      beta2: 0.999,
      batch: 32,
      learning_rate: 1e-3,
    });
    expect(json('lecture/config.json').trilu).toMatchObject({ attention_scale: 'embedding' });
  });

  const begin = ['train', '--data', 'text.txt', '--out', 'never'];
  const goOn = ['train', '--resume', 'one'];
  it.each<[readonly string[], RegExp]>([
    [[...begin, '--config', 'broken.json'], /^trilu: broken\.json: unknown setting "layer"\. Did you mean "layers"\?/],
    [
      [...begin, 'bigram', '--heads', '2'],
      /^trilu: The model bigram has nothing that --heads could set: leave it out, /,
    ],
    [
      [...begin, '--batch', '12', '--parts', '5'],
      /^trilu: A batch of 12 blocks can't be worked through in 5 equal parts/,
    ],
    [
      [...begin, 'gpt-nano', '--preset', 'lecture'],
      /^trilu: The preset lecture has no settings for gpt-nano; it has them for bigram, /,
    ],
    [
      [...begin, 'gpt', '--attention-scale', 'embedding'],
      /^trilu: The model gpt has nothing that --attention-scale could set/,
    ],
    [[...goOn, '--config', 'one/training.json'], /^trilu: --config can't be given with --resume/],
    [[...goOn, '--no-bias'], /^trilu: --no-bias can't be given with --resume/],
  ])('%j can’t be, which a sentence says', async (command, message) => {
    const { code, stderr } = await trilu(command, cwd);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  it('in a file that is not there are told of', async () => {
    const { code, stderr } = await trilu([...begin, '--config', 'nowhere.json'], cwd);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^trilu: Could not read the configuration nowhere\.json: there is no such file/),
    ]);
  });
});

describe.concurrent('a batch in parts', () => {
  it('comes to the same losses, and goes on from where it stopped', async () => {
    const options = [...model, ...quiet, '--batch', '4', '--steps-per-run', '1', '--dropout', '0'];
    await succeed(['train', ...options, '--steps', '20', '--out', 'whole'], cwd);
    await succeed(['train', ...options, '--steps', '10', '--parts', '2', '--out', 'parts'], cwd);
    await succeed(['train', '--resume', 'parts', '--steps', '20', '--device', 'cpu', '--threads', '1'], cwd);
    for (const [index, { step, loss }] of metrics('parts').entries()) {
      expect(Math.abs((loss ?? 0) - (metrics('whole')[index]?.loss ?? Number.NaN)), `step ${step}`).toBeLessThan(1e-4);
    }
    expect(metrics('parts')).toHaveLength(20);
  });
});

describe.concurrent('a run that has learned all it can', () => {
  it('ends early, keeps the best model, says so, and goes on only when it is told to', async () => {
    const restless = ['--learning-rate', '0.5', '--minimum-learning-rate', '0.5', '--warm-up', '0'];
    const reports = [
      '--eval-every',
      '5',
      '--eval-batches',
      '2',
      '--sample-every',
      '0',
      '--checkpoint-every',
      '0',
      '--steps-per-run',
      '5',
    ];
    const early = ['train', ...model, ...restless, ...reports, '--steps', '3000', '--patience', '3', '--out', 'early'];
    const stdout = await succeed(early, cwd);
    const { step, best } = json('early/trainer.json');
    expect(step).toBe(best.step + 15);
    expect(stdout).toMatch(
      new RegExp(`^step ${step}: validation loss .*, ended early after 3 evaluations without a lower loss\n$`),
    );
    const evaluations = metrics('early').filter(({ validation_loss: loss }) => loss !== undefined);
    expect(Math.min(...evaluations.map(({ validation_loss: loss }) => loss ?? 0))).toBe(best.validation_loss);
    const written = await succeed(['generate', 'early/best', '--tokens', '5', '--seed', '1'], cwd);
    expect(written).not.toBe('');
    const refused = await trilu(['train', '--resume', 'early'], cwd);
    expect(refused.stderr).toMatch(
      /^trilu: early ended early: no evaluation since step \d+ was better; go on all the same with --patience 0\.\n$/,
    );
    await succeed(['train', '--resume', 'early', '--patience', '0', '--steps', `${step + 5}`, '--device', 'cpu'], cwd);
    expect(json('early/trainer.json').step).toBe(step + 5);
  });
});

describe.concurrent('a run whose loss is no longer a number', () => {
  const wild = [
    '--learning-rate',
    '1e30',
    '--warm-up',
    '0',
    '--steps-per-run',
    '1',
    '--eval-every',
    '0',
    '--sample-every',
    '0',
  ];

  it('stops at that step and keeps the checkpoint before it', async () => {
    const { code, stderr } = await trilu(
      ['train', ...model, ...wild, '--checkpoint-every', '1', '--steps', '50', '--out', 'stops'],
      cwd,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /\ntrilu: (The loss became \S+|The gradient's norm became \S+|\S+ is no longer finite) at step \d+: train anew with a lower learning rate/,
    );
  });

  it('goes on where it is told to skip such steps, until too many were skipped in a row', async () => {
    const { code, stderr } = await trilu(
      [
        'train',
        ...model,
        ...wild,
        '--checkpoint-every',
        '0',
        '--on-divergence',
        'skip',
        '--steps',
        '400',
        '--out',
        'skips',
      ],
      cwd,
    );
    expect(code).toBe(1);
    expect(stderr.match(/^step \d+ was skipped: the (loss|gradient's norm) was \S+$/gm)?.length).toBe(50);
    expect(stderr).toMatch(
      /\ntrilu: 50 steps up to \d+ were skipped in a row: nothing is learned any more; train anew with a lower learning rate/,
    );
  });
});

describe.concurrent('a damaged checkpoint', () => {
  it('is passed over for the one before it, and the run ends as it would have', async () => {
    const options = [
      ...model,
      '--eval-every',
      '0',
      '--sample-every',
      '0',
      '--checkpoint-every',
      '10',
      '--dropout',
      '0.1',
    ];
    for (const out of ['damaged', 'sound']) await succeed(['train', ...options, '--steps', '40', '--out', out], cwd);
    truncateSync(join(folder, 'damaged/training_state.safetensors'), 6000);
    const { code, stderr } = await runTrilu(
      ['train', '--resume', 'damaged', '--steps', '40', '--device', 'cpu', '--threads', '1'],
      cwd,
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /training_state\.safetensors is cut short: .*; the checkpoint before it is used\.\nGoing on from step 30 with gpt-nano/,
    );
    expect(file('damaged/model.safetensors')).toBe(file('sound/model.safetensors'));
    const steps = metrics('damaged').map(({ step }) => step);
    expect(steps).toEqual([...new Set(steps)]);
  });
});

describe.concurrent('finding a learning rate', () => {
  it('suggests one on standard output, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await runTrilu(['train', ...model, '--find-learning-rate', '--out', 'found'], cwd);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^Trying learning rates from 0\.000001 to 1 on gpt-nano/),
    ]);
    expect(Number(stdout)).toBeGreaterThan(1e-4);
    expect(Number(stdout)).toBeLessThan(1);
    expect(stderr).toContain(`Train with: --learning-rate ${stdout.trim()}\n`);
    expect(existsSync(join(folder, 'found'))).toBe(false);
  });

  it('is not for a run that goes on', async () => {
    const { code, stderr } = await trilu(['train', '--resume', 'one', '--find-learning-rate'], cwd);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--find-learning-rate can't be given with --resume")]);
  });
});

describe.concurrent('the ladder', () => {
  it('trains its stages, lays them side by side, and does not train again what is trained', async () => {
    const options = [
      '--data',
      'text.txt',
      '--stages',
      'head,bigram',
      '--steps',
      '60',
      '--out',
      'ladder',
      '--device',
      'cpu',
      '--threads',
      '1',
    ];
    const first = await succeed(['ladder', ...options], cwd);
    expect(first).toMatch(
      /^stage +parameters +steps +training loss +validation loss +published +difference +time\nbigram +\d+ +60 .*\nhead +[\d,]+ +60 .*\n$/,
    );
    expect(first).toContain('–'); // nothing is published for this text
    const before = file('ladder/head/model.safetensors');
    const { stderr, stdout } = await runTrilu(['ladder', ...options, '--json'], cwd);
    expect(stderr).toContain('trained already: 60 steps in ladder/bigram');
    expect(JSON.parse(stdout)).toMatchObject([
      { stage: 'bigram', steps: 60, published: null },
      { stage: 'head', steps: 60, directory: 'ladder/head' },
    ]);
    expect(file('ladder/head/model.safetensors')).toBe(before);
    expect(file('ladder/ladder.html')).toContain('<title>The ladder on text.txt</title>');
  });

  it('refuses a stage that there is not', async () => {
    const { code, stderr } = await trilu(['ladder', '--stages', 'head,tail'], cwd);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("There is no stage 'tail'; choose from bigram, average, head,"),
    ]);
  });
});

it('what is in the way of a run directory’s folders is told of, and the run’s checkpoint stays', async () => {
  mkdirSync(join(folder, 'taken'));
  writeFileSync(join(folder, 'taken/tensorboard'), 'a file');
  const { code, stderr } = await trilu(['train', ...model, ...quiet, '--steps', '5', '--out', 'taken'], cwd);
  expect(code).toBe(1);
  expect(stderr).toMatch(/\ntrilu: Could not create the folder taken\/tensorboard: [^\n]*\n$/);
});
