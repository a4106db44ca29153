import { statSync } from 'node:fs';
import type { InspectOptions } from '../inspect.ts';

/**
 * `trilu inspect`: what is in a file or a model directory. Each kind loads what it needs when it is one: an .onnx file nothing that
 * only safetensors files need.
 */
export async function runInspect(options: InspectOptions): Promise<void> {
  const { source, parameters = false, json = false } = options;
  const print = <Report>(report: Report, format: (report: Report) => string): void => {
    process.stdout.write(`${json ? JSON.stringify(report, null, 2) : format(report)}\n`);
  };
  if (statSync(source, { throwIfNoEntry: false })?.isDirectory() === true) {
    const { formatDirectory, inspectDirectory } = await import('./inspect-directory.ts');
    print(await inspectDirectory(source), formatDirectory);
  } else if (source.endsWith('.safetensors')) {
    const { formatSafetensors, inspectSafetensors } = await import('./inspect-safetensors.ts');
    print(await inspectSafetensors(source, parameters), (report) => formatSafetensors(report, parameters));
  } else {
    const { inspectFile } = await import('./inspect-file.ts');
    const { formatFile } = await import('./inspect-report.ts');
    print(await inspectFile(options), (report) => formatFile(report, parameters));
  }
}
