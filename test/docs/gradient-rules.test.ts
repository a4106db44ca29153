import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownOperators } from '../../src/graph/operators/index.ts';
import { repository } from '../support/documents.ts';

test('the table of docs/how-training-graphs-work.md has every operator that has a gradient rule, and no other', () => {
  const text = readFileSync(join(repository, 'docs/how-training-graphs-work.md'), 'utf8');
  const [, table = ''] = text.split('| operator | gradient by its inputs |\n|---|---|\n');
  const [rows = ''] = table.split('\n\n');
  const named = [...rows.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) => cell.match(/\b[A-Z]\w+/g) ?? []);
  const differentiable = ownOperators.flatMap(({ name, gradient }) => (gradient === undefined ? [] : [name]));
  expect(named.sort()).toEqual(differentiable.sort());
});
