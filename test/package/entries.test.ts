import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');

/** Where a public name is defined. */
interface Definition {
  /** Below the repository. */
  readonly file: string;
  /** What it is called there. */
  readonly name: string;
  /** Whether it exists for the compiler only. */
  readonly isType: boolean;
  /** The comment before it, which editors show. */
  readonly comment: string | undefined;
}

/** The names in the braces of an import or export: what it is called there, and outside. */
function namesIn(list: string): readonly { readonly name: string; readonly as: string }[] {
  const parts = list.split(',').map((part) => part.trim().replace(/^type /, ''));
  return parts.flatMap((part) => {
    const [name = '', as = name] = part.split(' as ');
    return name === '' ? [] : [{ name, as }];
  });
}

/** What a module shows, as its text says it: own definitions, and those that it passes on. */
function exportsOf(file: string): ReadonlyMap<string, Definition> {
  const text = readFileSync(join(repository, file), 'utf8');
  const found = new Map<string, Definition>();
  const from = (path: string): ReadonlyMap<string, Definition> => exportsOf(join(dirname(file), path));
  const passOn = (as: string, definition: Definition | undefined): void => {
    if (definition === undefined) throw new Error(`${file} shows ${as}, but where it is defined was not found`);
    found.set(as, definition);
  };
  const own =
    /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?^export (?:declare |async |abstract )*(function\*?|const|class|interface|type) (\w+)/gm;
  for (const [, comment, kind, name = ''] of text.matchAll(own)) {
    if (found.has(name)) continue; // the first of several signatures has the comment
    found.set(name, { file, name, isType: kind === 'interface' || kind === 'type', comment });
  }
  for (const [, path = ''] of text.matchAll(/^export \* from '(.+)';$/gm)) {
    for (const [as, definition] of from(path)) passOn(as, definition);
  }
  for (const [, list = '', path] of text.matchAll(/^export (?:type )?\{([^}]*)\}(?: from '(.+)')?;$/gm)) {
    for (const { name, as } of namesIn(list)) passOn(as, (path === undefined ? imported(name) : from(path)).get(name));
  }
  return found;

  /** What the module has imported by a name. */
  function imported(wanted: string): ReadonlyMap<string, Definition> {
    for (const [, list = '', path = ''] of text.matchAll(/^import (?:type )?\{([^}]*)\} from '(.+)';$/gm)) {
      if (namesIn(list).some(({ as }) => as === wanted)) return from(path);
    }
    return new Map();
  }
}

const packed: { readonly exports: Readonly<Record<string, string | { readonly types: string }>> } = JSON.parse(
  readFileSync(join(repository, 'package.json'), 'utf8'),
);

/** The source of each public entry, as package.json has them: the worker is a program, and shows nothing. */
const entries = Object.entries(packed.exports).flatMap(([path, target]) => {
  if (typeof target === 'string' || path === './web/worker') return [];
  const file = relative('dist', target.types).replace(/\.d\.ts$/, '.ts');
  return [{ entry: path.replace('.', 'trilu'), names: exportsOf(file) }];
});
const hosts = new Set(['trilu/node', 'trilu/web']);

/** What is found in more than one entry, the two hosts counted as one. */
function shownTwice(keyOf: (as: string, definition: Definition) => string): readonly string[] {
  const shown = new Map<string, Set<string>>();
  for (const { entry, names } of entries) {
    for (const [as, definition] of names) {
      const key = keyOf(as, definition);
      shown.set(key, (shown.get(key) ?? new Set()).add(hosts.has(entry) ? 'trilu/node or trilu/web' : entry));
    }
  }
  return [...shown].flatMap(([key, where]) => (where.size === 1 ? [] : [`${key}: ${[...where].join(', ')}`]));
}

const valuesOf = (names: ReadonlyMap<string, Definition>): readonly [string, Definition][] =>
  [...names].filter(([, { isType }]) => !isType);

test('the entries are those of the documents', () => {
  const known = ['trilu', 'trilu/graph', 'trilu/onnx', 'trilu/parts', 'trilu/node', 'trilu/web', 'trilu/models'];
  expect(entries.map(({ entry }) => entry)).toEqual(known);
});

test('trilu holds the words that come first: forty values at most', () => {
  const words = entries.flatMap(({ entry, names }) => (entry === 'trilu' ? valuesOf(names) : []));
  const first = ['defineModel', 'train', 'exportModel', 'generateText', 'evaluateText', 'readModel'];
  expect(words.map(([as]) => as)).toEqual(expect.arrayContaining(first));
  expect(words.length).toBeLessThanOrEqual(40);
});

describe('a name is public once', () => {
  test('no two entries show the same name, but the hosts', () => {
    expect(shownTwice((as) => as)).toEqual([]);
  });

  test('nothing is shown by two entries, under another name either', () => {
    expect(shownTwice((_as, { file, name }) => `${name} of ${file}`)).toEqual([]);
  });
});

describe.each(entries)('$entry', ({ entry, names }) => {
  test('shows, when it is imported, the values that its source says', async () => {
    const { types } = packed.exports[entry.replace('trilu', '.')] as { readonly types: string };
    const loaded: object = await import(join(repository, relative('dist', types).replace(/\.d\.ts$/, '.ts')));
    expect(
      valuesOf(names)
        .map(([as]) => as)
        .sort(),
    ).toEqual(Object.keys(loaded).sort());
  });

  test('says of each value, where it is defined, what it is', () => {
    const silent = valuesOf(names).flatMap(([as, { file, comment }]) =>
      comment === undefined ? [`${as} (${file})`] : [],
    );
    expect(silent).toEqual([]);
  });
});
