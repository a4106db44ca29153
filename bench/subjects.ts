import type { BenchOptions, BenchSubject } from '../src/cli/commands/bench.ts';
import type { Listener } from './common/report.ts';

/** Measures a subject; what it returns is printed. */
type Runner = (options: BenchOptions) => Promise<string>;

/** What is told on the way goes to stderr. */
const listener: Listener = { say: (line) => void process.stderr.write(`${line}\n`) };

/** What runs for each subject; a subject's room is loaded when it is asked for. */
export const runners: Readonly<Record<BenchSubject, Runner>> = {
  train: async (options) => {
    const { benchTrain, describeTrainReport, trainBenchDefaults } = await import('./train/train.ts');
    const bench = {
      ...trainBenchDefaults(options.model),
      ...given(options, ['batch', 'stepsPerRun', 'threads', 'rounds']),
    };
    return printed(options, await benchTrain(bench, listener), describeTrainReport);
  },
  decode: async (options) => {
    const { benchDecode, decodeBenchDefaults, describeDecodeReport } = await import('./decode/decode.ts');
    const { characters: count } = options;
    const bench = { ...decodeBenchDefaults, ...given(options, ['model', 'threads', 'rounds', 'dtype']), count };
    return printed(options, await benchDecode(bench, listener), describeDecodeReport);
  },
  prefill: async (options) => {
    const { benchPrefill, describePrefillReport, prefillBenchDefaults } = await import('./prefill/prefill.ts');
    const bench = { ...prefillBenchDefaults, ...given(options, ['model', 'threads', 'rounds']) };
    return printed(options, await benchPrefill(bench, listener), describePrefillReport);
  },
  export: async (options) => {
    const { benchExport, describeExportReport, exportBenchDefaults } = await import('./export/export.ts');
    const bench = { ...exportBenchDefaults, ...given(options, ['model', 'rounds']) };
    return printed(options, await benchExport(bench, listener), describeExportReport);
  },
  startup: async (options) => {
    const { benchStartup, describeStartupReport, startupBenchDefaults } = await import('./startup/startup.ts');
    const bench = { ...startupBenchDefaults, ...given(options, ['model', 'rounds']) };
    return printed(options, await benchStartup(bench, listener), describeStartupReport);
  },
  scaling: async (options) => {
    const { benchScaling, describeScaling, scalingDefaults } = await import('./scaling/scaling.ts');
    const report = await benchScaling(
      { ...scalingDefaults, ...given(options, ['model', 'batch', 'rounds']) },
      listener.say,
    );
    return printed(options, report, describeScaling);
  },
  all: async (options) => {
    const { benchAll, describeAll } = await import('./all/all.ts');
    const { save = false } = options;
    return printed(options, await benchAll({ ...given(options, ['threads', 'rounds']), save }), describeAll);
  },
  chart: async () => {
    const { drawChart } = await import('./chart/draw.ts');
    return (await drawChart()).join('\n');
  },
  profile: async (options) => {
    const { profileTrain } = await import('./profile/profile.ts');
    const { trainBenchDefaults } = await import('./train/train.ts');
    return profileTrain({
      ...trainBenchDefaults(options.model),
      ...given(options, ['batch', 'stepsPerRun', 'threads']),
    });
  },
  web: async (options) => {
    const { benchWeb, describeWebReport, webBenchDefaults } = await import('./web/web.ts');
    const report = await benchWeb({ ...webBenchDefaults, ...given(options, ['rounds']) }, listener.say);
    return printed(options, report, describeWebReport);
  },
};

/** Those of some options that were given. */
function given<Name extends keyof BenchOptions>(
  options: BenchOptions,
  names: readonly Name[],
): { [Key in Name]?: NonNullable<BenchOptions[Key]> } {
  return Object.fromEntries(names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]))) as {
    [Key in Name]?: NonNullable<BenchOptions[Key]>;
  };
}

function printed<Report>({ json }: BenchOptions, report: Report, describe: (report: Report) => string): string {
  return json === true ? JSON.stringify(report, undefined, 2) : describe(report);
}
