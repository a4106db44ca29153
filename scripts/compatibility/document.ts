import { markdownTable, type Result, renderTables } from './table.ts';

/** What a column of the tables stands for. */
export interface Column {
  /** As the head of the column. */
  readonly name: string;
  /** The package and its version. */
  readonly version: string;
  /** What is done with a file, as a phrase. */
  readonly tried: string;
}

const begin =
  '<!-- written by `npm run compatibility`: what stands from here to the end mark is lost when it runs again -->';
const end = '<!-- end -->';

/** What stands between the marks of the document. @throws Error when there are none */
export function measuredPart(document: string): string {
  const [start, stop] = placesOf(document);
  return document.slice(start, stop);
}

/** The document with its measured part replaced. @throws Error when it has no marks */
export function withMeasuredPart(document: string, part: string): string {
  const [start, stop] = placesOf(document);
  return `${document.slice(0, start)}${part}${document.slice(stop)}`;
}

function placesOf(document: string): readonly [start: number, stop: number] {
  const [start, stop] = [document.indexOf(begin), document.indexOf(end)];
  if (start < 0 || stop < start) throw new Error(`The document lacks the marks ${begin} and ${end}.`);
  return [start + begin.length, stop];
}

/** All that was measured, in Markdown: the consumers, and the tables. */
export function renderMeasured(columns: readonly Column[], results: readonly Result[]): string {
  const consumers = columns.map(({ name, version, tried }) => [name, version, tried]);
  const names = columns.map(({ name }) => name);
  return [
    '',
    '### Consumers',
    '',
    ...markdownTable(['column', 'version', 'what is tried'], consumers),
    '',
    renderTables(results, names),
  ].join('\n');
}
