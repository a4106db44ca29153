import { parseArgs } from 'node:util';
import { UserError } from '../src/errors.ts';
import { benchGenerate, generateBenchDefaults } from './generate.ts';
import { describeGenerateReport } from './generate-report.ts';
import { profileTrain } from './profile.ts';
import { benchTrain, describeTrainReport, type TrainBench, trainBenchDefaults } from './train.ts';
import { benchWeb, describeWebReport, webBenchDefaults } from './web.ts';

// What `npm run bench -- SUBJECT` runs in a clone.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    batch: { type: 'string' },
    threads: { type: 'string' },
    rounds: { type: 'string' },
    'steps-per-run': { type: 'string' },
    dtype: { type: 'string' },
    json: { type: 'boolean' },
  },
});

function count(name: keyof typeof values, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new UserError(`--${name} must be a whole number from 1, not ${text}.`, { exitCode: 2 });
  }
  return number;
}

function settings(): TrainBench {
  return { ...trainBenchDefaults, ...given() };
}

/** What the command line says; the rest is each subject's own. */
function given(): Partial<TrainBench> {
  const { model, batch, threads, rounds, 'steps-per-run': stepsPerRun } = values;
  return {
    ...(model === undefined ? {} : { model }),
    ...(batch === undefined ? {} : { batch: count('batch', batch) }),
    ...(threads === undefined ? {} : { threads: threads.split(',').map((part) => count('threads', part)) }),
    ...(rounds === undefined ? {} : { rounds: count('rounds', rounds) }),
    ...(stepsPerRun === undefined ? {} : { stepsPerRun: count('steps-per-run', stepsPerRun) }),
  };
}

/** What can be measured; each returns what is printed. */
const subjects: Readonly<Record<string, () => Promise<string>>> = {
  train: async () => {
    const report = await benchTrain(settings(), (line) => process.stderr.write(`${line}\n`));
    return values.json === true ? JSON.stringify(report, undefined, 2) : describeTrainReport(report);
  },
  generate: async () => {
    const { model, threads, rounds } = { ...generateBenchDefaults, ...given() };
    const bench = {
      ...generateBenchDefaults,
      model,
      threads,
      rounds,
      dtype: values.dtype ?? generateBenchDefaults.dtype,
    };
    const report = await benchGenerate(bench, (line) => process.stderr.write(`${line}\n`));
    return values.json === true ? JSON.stringify(report, undefined, 2) : describeGenerateReport(report);
  },
  profile: () => profileTrain(settings()),
  web: async () => {
    const report = await benchWeb({ ...webBenchDefaults, rounds: settings().rounds }, (line) =>
      process.stderr.write(`${line}\n`),
    );
    return values.json === true ? JSON.stringify(report, undefined, 2) : describeWebReport(report);
  },
};

try {
  const name = positionals[0] ?? 'train';
  const subject = subjects[name];
  if (subject === undefined) {
    throw new UserError(`There is no benchmark '${name}'; choose from ${Object.keys(subjects).join(', ')}.`, {
      exitCode: 2,
    });
  }
  process.stdout.write(`${await subject()}\n`);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
