import { fileURLToPath } from 'node:url';
import { dark, light } from '../../scripts/picture/palette.ts';
import { writeFileAtomic } from '../../src/storage/atomic-file.ts';
import { type KeptResult, latest } from '../all/results.ts';
import { barSections } from './bars.ts';
import { chart } from './chart.ts';

/** The pictures for light and for dark pages. */
const pictures = [
  [new URL('../../docs/benchmark.svg', import.meta.url), light],
  [new URL('../../docs/benchmark-dark.svg', import.meta.url), dark],
] as const;

/** Draws the result that was kept last for the README. @returns the files */
export async function drawChart(): Promise<string[]> {
  const result = await latest();
  const files: string[] = [];
  for (const [file, palette] of pictures) {
    const path = fileURLToPath(file);
    await writeFileAtomic(path, chart({ sections: barSections(result), footnotes: footnotesOf(result) }, palette));
    files.push(path);
  }
  return files;
}

/** Where and with what it was measured, a line each. */
export function footnotesOf({ date, machine, reports }: KeptResult): string[] {
  const { cpu, versions } = machine;
  const abouts = reports.flatMap(({ cases }) => cases.flatMap(({ sides }) => sides.map(({ about }) => about)));
  const others = ['PyTorch', 'llama.cpp', 'transformers.js'].flatMap((name) => {
    const version = abouts.map((about) => new RegExp(`^${name} v?([\\w.+]+)`).exec(about)?.[1]).find((found) => found);
    return version === undefined ? [] : [`${name} ${version}`];
  });
  const where = cpu.replace(/\s+\d+-Core Processor|\(R\)|\(TM\)| Processor/g, '');
  const threads = new Set(reports.flatMap(({ cases }) => cases.flatMap((one) => one.threads ?? [])));
  const order = [...threads].sort((left, right) => left - right).map((count) => `${count}`);
  return [
    `Shortest times; from the upper bar down: threads ${order.join(', ')}. ${where}, ${date.slice(0, 10)}.`,
    [`trilu ${versions.trilu}`, `onnxruntime-node ${versions.onnxruntime}`, ...others].join(', '),
  ];
}
