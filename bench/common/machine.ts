import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** Where something was measured, and with what. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** How many processes wanted to run in the minute before: other work blurs what is measured, most of all with many threads. */
  readonly load: number;
  readonly versions: { readonly trilu: string; readonly onnxruntime: string; readonly node: string };
}

/** A load average above which a machine is not at rest. */
const busy = 0.5;

/** This machine, now. */
export function thisMachine(): Machine {
  const [load = 0] = loadavg();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: availableParallelism(),
    load,
    versions: {
      trilu: triluVersion(),
      onnxruntime: versionOf('onnxruntime-node'),
      node: process.version,
    },
  };
}

/** A warning where something else runs. */
export function loadWarning({ load }: Machine): string[] {
  return load > busy
    ? [`This machine is busy (load ${load.toFixed(1)}): what follows is blurred; best repeat it at rest.`]
    : [];
}

/** The version of the clone. */
export function triluVersion(): string {
  return versionOf('../..');
}

/** The version of a package that is installed here. */
export function versionOf(name: string): string {
  const { version }: { version: string } = createRequire(import.meta.url)(`${name}/package.json`);
  return version;
}
