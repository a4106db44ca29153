import * as v from 'valibot';
import { describeFailure } from '../src/cli/failure.ts';
import { runners } from './subjects.ts';

// What `trilu bench` starts in a clone. Usage: main.ts OPTIONS, those of src/cli/commands/bench.ts as JSON.

const optionsSchema = v.object({
  subject: v.picklist(Object.keys(runners) as (keyof typeof runners)[]),
  model: v.exactOptional(v.string()),
  batch: v.exactOptional(v.number()),
  stepsPerRun: v.exactOptional(v.number()),
  threads: v.exactOptional(v.array(v.number())),
  rounds: v.exactOptional(v.number()),
  characters: v.exactOptional(v.number()),
  dtype: v.exactOptional(v.string()),
  save: v.exactOptional(v.boolean()),
  json: v.exactOptional(v.boolean()),
  debug: v.exactOptional(v.boolean()),
});

const { debug = false, ...options } = v.parse(optionsSchema, JSON.parse(process.argv[2] ?? '{}'));
try {
  process.stdout.write(`${await runners[options.subject](options)}\n`);
} catch (error) {
  const { message, exitCode } = describeFailure(error, { debug });
  process.stderr.write(`${message}\n`);
  process.exitCode = exitCode;
}
