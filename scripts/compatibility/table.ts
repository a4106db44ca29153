import { argumentsOf, type Form, graphFiles, isTextGeneration } from './forms.ts';
import type { Cell } from './verdict.ts';

/** What came of a form with each consumer, by the consumer's name. */
export interface Result {
  readonly form: Form;
  readonly cells: ReadonlyMap<string, Cell>;
}

/** A row of a table, as words. */
interface Row {
  readonly forms: readonly string[];
  readonly files: readonly string[];
  readonly words: readonly string[];
}

const notesHeading = '### Notes';

/** A table for each section, and the notes that its cells point to, in Markdown. @param columns the consumers' names */
export function renderTables(results: readonly Result[], columns: readonly string[]): string {
  const notes: string[] = [];
  const sections = [...new Set(results.map(({ form }) => form.section))];
  const tables = sections.map((section) => {
    const rows = results.filter(({ form }) => form.section === section).map((result) => rowOf(result, columns, notes));
    const alike = joined(joined(rows, 'files'), 'forms');
    const lines = alike.map(({ forms, files, words }) => [forms.join(', '), files.join(', '), ...words]);
    return [`### ${section}`, '', ...markdownTable(['form', 'files', ...columns], lines), ''].join('\n');
  });
  const numbered = notes.map((note, index) => `${index + 1}. ${note}`);
  return [...tables, notesHeading, '', ...numbered, ''].join('\n');
}

/**
 * What tables that `renderTables` made say of forms.
 * @returns the cells of each form that is in them, by the consumers' names
 */
export function parseTables(text: string, forms: readonly Form[]): Map<Form, ReadonlyMap<string, Cell>> {
  const notes = new Map([...text.matchAll(/^(\d+)\. (.*)$/gm)].map(([, number = '', note = '']) => [number, note]));
  const found = new Map<string, ReadonlyMap<string, Cell>>();
  for (const part of text.split(/^### /m)) {
    const [section = '', ...lines] = part.split('\n');
    const [header, , ...rows] = lines
      .filter((line) => line.startsWith('|'))
      .map((line) => line.slice(2, -2).split(' | '));
    for (const [names = '', files = '', ...words] of rows) {
      const cells = new Map(words.map((word, index) => [header?.[index + 2] ?? '', cellOf(word, notes)]));
      for (const name of names.split(', ')) {
        for (const file of files.split(', ')) found.set([section, name, file].join('\n'), cells);
      }
    }
  }
  const rowsOf = forms.map((form) => [form, found.get([form.section, nameOf(form), fileOf(form)].join('\n'))] as const);
  return new Map(rowsOf.flatMap(([form, cells]) => (cells === undefined ? [] : [[form, cells]])));
}

function cellOf(word: string, notes: ReadonlyMap<string, string>): Cell {
  const [, verdict = word, number = ''] = /^(\S+) \((\d+)\)$/.exec(word) ?? [];
  const note = notes.get(number);
  return { verdict: verdict as Cell['verdict'], ...(note === undefined ? {} : { note }) };
}

/** @param notes grows by what was not noted before */
function rowOf({ form, cells }: Result, columns: readonly string[], notes: string[]): Row {
  const words = columns.map((column) => {
    const { verdict, note } = cells.get(column) ?? { verdict: 'not tried' };
    if (note === undefined) return verdict;
    if (!notes.includes(note)) notes.push(note);
    return `${verdict} (${notes.indexOf(note) + 1})`;
  });
  return { forms: [nameOf(form)], files: [fileOf(form)], words };
}

function nameOf(form: Form): string {
  const words = argumentsOf(form);
  return words === '' ? 'the default' : `\`${words}\``;
}

/** The file's name, without its ending. */
function fileOf({ file }: Form): string {
  return isTextGeneration(file) ? graphFiles[file] : file;
}

/** Rows that differ in no more than their files, or their forms, become one. */
function joined(rows: readonly Row[], by: 'files' | 'forms'): Row[] {
  const byContent = new Map<string, Row>();
  for (const row of rows) {
    const key = JSON.stringify({ ...row, [by]: [] });
    const known = byContent.get(key);
    byContent.set(key, known === undefined ? row : { ...known, [by]: [...known[by], ...row[by]] });
  }
  return [...byContent.values()];
}

/** @param lines the words of each row */
export function markdownTable(header: readonly string[], lines: readonly (readonly string[])[]): string[] {
  const line = (words: readonly string[]): string => `| ${words.join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...lines.map(line)];
}
