import type { Listener, Report } from '../common/report.ts';
import { benchDecode, decodeBenchDefaults, describeDecodeReport } from '../decode/decode.ts';
import { benchExport, describeExportReport, exportBenchDefaults } from '../export/export.ts';
import { benchPrefill, describePrefillReport, prefillBenchDefaults } from '../prefill/prefill.ts';
import { benchStartup, describeStartupReport, startupBenchDefaults } from '../startup/startup.ts';
import { benchTrain, describeTrainReport, trainBenchDefaults } from '../train/train.ts';

/** What a full run is told; unset is each subject's own. */
export interface Overrides {
  readonly threads?: readonly number[];
  readonly rounds?: number;
}

/** A part of a full run. */
export interface PartOfAll {
  readonly name: string;
  /** How long it takes, more or less, beside the others: what the time that is left is told by. */
  readonly seconds: number;
  readonly measure: (overrides: Overrides, listener: Listener) => Promise<Report>;
  readonly describe: (report: Report) => string;
}

/** Every subject with the settings that the README tells of. */
export const partsOfAll: readonly PartOfAll[] = [
  ...(['gpt-nano', 'gpt'] as const).flatMap((model): PartOfAll[] => [
    {
      name: `train ${model}`,
      seconds: model === 'gpt' ? 240 : 150,
      measure: (overrides, listener) => benchTrain({ ...trainBenchDefaults(model), ...overrides }, listener),
      describe: describeTrainReport,
    },
    {
      name: `decode ${model}`,
      seconds: model === 'gpt' ? 260 : 80,
      measure: (overrides, listener) => benchDecode({ ...decodeBenchDefaults, model, ...overrides }, listener),
      describe: describeDecodeReport,
    },
    {
      name: `prefill ${model}`,
      seconds: model === 'gpt' ? 60 : 50,
      measure: (overrides, listener) => benchPrefill({ ...prefillBenchDefaults, model, ...overrides }, listener),
      describe: describePrefillReport,
    },
  ]),
  {
    name: 'export',
    seconds: 30,
    measure: ({ rounds }, listener) =>
      benchExport({ ...exportBenchDefaults, ...(rounds === undefined ? {} : { rounds }) }, listener),
    describe: describeExportReport,
  },
  {
    name: 'startup',
    seconds: 60,
    measure: ({ rounds }, listener) =>
      benchStartup({ ...startupBenchDefaults, ...(rounds === undefined ? {} : { rounds }) }, listener),
    describe: describeStartupReport,
  },
];
