import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** The root of the repository. */
export const repository: string = resolve(import.meta.dirname, '../..');

/** A fenced block of a document. */
export interface Block {
  readonly language: string;
  readonly code: string;
  /** The line of its first fence, from 1. */
  readonly line: number;
  /** What it has to print, where the block after it says so: exactly this text, or data equal to this JSON. */
  readonly output?: { readonly kind: 'text' | 'json'; readonly content: string };
}

/** What runs as one: blocks that go on from one another, or a single block. */
export interface Unit {
  readonly kind: 'program' | 'page' | 'script' | 'python' | 'shell';
  /** The name of its file: the document's, and the line that it begins at. */
  readonly file: string;
  readonly blocks: readonly Block[];
}

/** A document and how its code runs. */
export interface Document {
  /** Such as `the-lecture-in-onnx`. */
  readonly name: string;
  /** In the order in which they run. */
  readonly units: readonly Unit[];
  /** Blocks that are no code and no code's output, or in a language that nobody here knows how to run. */
  readonly unknown: readonly Block[];
}

/** Reads a document of docs/. */
export function readDocument(name: string): Document {
  return documentOf(name, readFileSync(join(repository, 'docs', name), 'utf8'));
}

/**
 * How a text's blocks run: all ts blocks for Node are one program, in their order; every other block is a file of its own, and so is
 * code for a page, which shows in what it imports. A text or json block right after code is what it prints.
 */
export function documentOf(file: string, text: string): Document {
  const name = basename(file, '.md');
  const units: Unit[] = [];
  const unknown: Block[] = [];
  let program: Block[] | undefined;
  for (const block of blocksOf(text)) {
    const kind = kindOf(block);
    if (kind === undefined) unknown.push(block);
    else if (kind !== 'program') units.push({ kind, file: `${name}-${block.line}${endingOf(block)}`, blocks: [block] });
    else if (program === undefined) {
      program = [block];
      units.push({ kind, file: `${name}${endingOf(block)}`, blocks: program });
    } else program.push(block);
  }
  return { name, units, unknown };
}

const endings: Readonly<Record<string, string>> = { ts: '.ts', js: '.js', python: '.py', sh: '.sh' };

function endingOf({ language }: Block): string {
  return endings[language] ?? '';
}

const pageImports = /^import .* from '(trilu\/web|onnxruntime-web(\/\w+)?)';$/m;

function kindOf({ language, code }: Block): Unit['kind'] | undefined {
  if (language === 'ts') return pageImports.test(code) ? 'page' : 'program';
  if (language === 'js') return pageImports.test(code) ? 'page' : 'script';
  if (language === 'python') return 'python';
  return language === 'sh' ? 'shell' : undefined;
}

/** All fenced blocks, those that are another's output taken into it. */
function blocksOf(text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let end = -1; // the line after the block before
  for (let index = 0; index < lines.length; index++) {
    const [, indent = '', fence = '', language = ''] = /^(\s*)(`{3,}|~{3,})\s*(.*)$/.exec(lines[index] ?? '') ?? [];
    if (fence === '') continue;
    if (indent !== '') throw new Error(`line ${index + 1}: a block that is indented, which nobody here would run`);
    const last = lines.indexOf(fence, index + 1);
    if (last < 0) throw new Error(`line ${index + 1}: a block without an end`);
    const block = { language, code: lines.slice(index + 1, last).join('\n'), line: index + 1 };
    const before = blocks.at(-1);
    const follows = end >= 0 && lines.slice(end, index).every((line) => line === '');
    if (isOutput(block.language) && follows && before !== undefined && kindOf(before) !== undefined) {
      blocks[blocks.length - 1] = { ...before, output: { kind: block.language, content: block.code } };
      end = -1;
    } else {
      blocks.push(block);
      end = last + 1;
    }
    index = last;
  }
  return blocks;
}

function isOutput(language: string): language is 'text' | 'json' {
  return language === 'text' || language === 'json';
}

/** What ends the output of a block in a program of several. */
const endOfBlock = '\u001e';

/** A unit's file: each line of code where the document has it, so that errors name the document's lines. */
export function sourceOf({ blocks, kind }: Unit): string {
  const lines: string[] = [];
  for (const { code, line } of blocks) {
    const own = code.split('\n');
    for (const [index, text] of own.entries()) lines[line + index] = text;
    if (kind === 'program') lines[line + own.length] = `console.log(${JSON.stringify(endOfBlock)});`;
  }
  return `${Array.from(lines, (line) => line ?? '').join('\n')}\n`;
}

/** What each block of a unit has printed. */
export function outputsOf({ blocks, kind }: Unit, printed: string): readonly string[] {
  if (kind !== 'program') return [printed.trimEnd()];
  const parts = printed.split(`${endOfBlock}\n`);
  if (parts.length !== blocks.length + 1) throw new Error(`${parts.length - 1} of ${blocks.length} blocks ran`);
  return parts.slice(0, -1).map((part) => part.trimEnd());
}
