import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { modelNamed } from '../../models/index.ts';
import { drawing, type Picture } from '../../scripts/picture/drawing.ts';
import { dark, light } from '../../scripts/picture/palette.ts';
import { pictureOf, readReports } from '../../scripts/picture/picture.ts';
import type { TrainedModel } from '../../src/model-directory/model-directory.ts';
import { modelParameters } from '../../src/programs/parameters.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { initialize } from '../../src/train/initialize.ts';
import { sized } from '../support/sized.ts';

const text = 'to be';
const vocabulary = [...new Set(text)].sort();
const reports = readReports('{"step":10,"loss":1.5,"seconds":1}\n{"step":20,"loss":1.2,"validation_loss":1.3}\n');

/** A gpt with weights large enough for its heads to differ. */
function tinyModel(name: string): TrainedModel {
  const sizes = { block: 8, embedding: 8, layers: 2, heads: 2 };
  const model = sized(modelNamed(name), { vocabulary: vocabulary.length, ...sizes });
  const drawn = initialize(modelParameters(model), model.initialization, 7);
  const weights = new Map([...drawn].map(([key, data]) => [key, data.map((weight) => weight * 40)]));
  return { model, tokenizer: CharacterTokenizer.fromVocabulary(vocabulary), weights };
}

/** What the cells of an operator's maps say when they are pointed at, row by row. */
function cells(svg: string, operator: string): number[][] {
  const pattern = new RegExp(`<rect [^>]*class="${operator}"[^>]*><title>([^<]*)</title></rect>`, 'g');
  const values = [...svg.matchAll(pattern)].map(([, value = '']) => (value === '−∞' ? -Infinity : Number(value)));
  const time = Math.sqrt(values.length / (operator === 'Softmax' ? 2 : 1));
  return Array.from({ length: values.length / time }, (_, row) => values.slice(row * time, (row + 1) * time));
}

/** Softmax in double precision, by its definition. */
function softmax(row: readonly number[]): number[] {
  const raised = row.map((score) => Math.exp(score - Math.max(...row)));
  const sum = raised.reduce((total, value) => total + value, 0);
  return raised.map((value) => value / sum);
}

/** The names of elements that are not closed, or not in order. */
function unclosed(svg: string): string[] {
  const open: string[] = [];
  for (const [, end, name = '', closed] of svg.matchAll(/<(\/?)([a-zA-Z]+)(?:\s+[\w-]+="[^"<]*")*\s*(\/?)>/g)) {
    if (end === '/') {
      if (open.pop() !== name) return [...open, name];
    } else if (closed !== '/') open.push(name);
  }
  return open;
}

/** What is left of a file when its well-formed tags are taken out: text, without a bare < or &. */
function texts(svg: string): string {
  return svg.replace(/<\/?[a-zA-Z]+(?:\s+[\w-]+="[^"<]*")*\s*\/?>/g, '').replace(/&(?:amp|lt|gt|quot);/g, '');
}

describe('the picture of a model', () => {
  let picture: Picture;
  beforeAll(async () => {
    picture = await pictureOf(tinyModel('gpt-nano'), reports, { text });
  });

  test('shows a mask of ones on and below the diagonal', () => {
    expect(picture.visible).toEqual(
      Array.from({ length: 5 }, (_, row) => Array.from({ length: 5 }, (_, column) => (column <= row ? 1 : 0))),
    );
  });

  test('shows scores with the future at −∞, and their softmax', () => {
    for (const [time, row] of picture.scores.entries()) {
      expect(row.map(Number.isFinite)).toEqual(row.map((_, past) => past <= time));
      for (const [past, weight] of softmax(row).entries()) expect(picture.weights[time]?.[past]).toBeCloseTo(weight, 6);
    }
  });

  test('shows two different heads, each with rows that sum to 1', () => {
    expect(picture.otherWeights).not.toEqual(picture.weights);
    for (const row of [...picture.weights, ...picture.otherWeights]) {
      expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6);
    }
  });

  test('is well-formed, whatever characters the text has', () => {
    const svg = drawing({ ...picture, characters: [...'<a&">'] }, light);
    expect(unclosed(svg)).toEqual([]);
    expect(texts(svg)).not.toMatch(/[<&]/);
    expect(svg).toContain('&lt;</text>');
  });

  test('takes the heads it is told to, counted from 1', async () => {
    const [one, other] = await Promise.all([
      pictureOf(tinyModel('gpt-nano'), reports, { text, heads: ['2.1', '1.2'] }),
      pictureOf(tinyModel('gpt-nano'), reports, { text, heads: ['1.2', '2.1'] }),
    ]);
    expect(one.weights).toEqual(other.otherWeights);
    expect(one.weights).not.toEqual(one.otherWeights);
    await expect(pictureOf(tinyModel('gpt-nano'), reports, { text, heads: ['3.1', '1.1'] })).rejects.toThrow(
      'There is no head 3.1: the model has layers 1 to 2 of heads 1 to 2.',
    );
  });

  test('can only be drawn of a GPT stage, a text that it can read, and a run with metrics', async () => {
    await expect(pictureOf(tinyModel('layer-norm'), reports, { text })).rejects.toThrow('not of layer-norm');
    await expect(pictureOf(tinyModel('gpt-nano'), reports, { text: 'be?' })).rejects.toThrow('"?" (U+003F)');
    expect(() => readReports('')).toThrow('no metrics');
  });
});

describe.each(['trilu', 'trilu-dark'])('docs/%s.svg', (name) => {
  let svg: string;
  beforeAll(async () => {
    svg = await readFile(new URL(`../../docs/${name}.svg`, import.meta.url), 'utf8');
  });

  test('is well-formed and needs nothing from elsewhere', () => {
    expect(svg.length).toBeGreaterThan(10_000);
    expect(unclosed(svg)).toEqual([]);
    expect(texts(svg)).not.toMatch(/[<&]/);
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|href|@import|<script/);
    const palette = name === 'trilu' ? light : dark;
    expect(svg).toContain(`fill="${palette.weights}"`);
  });

  test('holds the mask, the masked scores and their softmax, to the four digits that it shows', () => {
    const [trilu, where, both] = [cells(svg, 'Trilu'), cells(svg, 'Where'), cells(svg, 'Softmax')];
    expect([trilu.length, where.length, both.length]).toEqual([8, 8, 16]);
    for (const [time, row] of trilu.entries()) expect(row).toEqual(row.map((_, past) => (past <= time ? 1 : 0)));
    for (const [time, row] of where.entries()) {
      expect(row.map(Number.isFinite)).toEqual(row.map((_, past) => past <= time));
      for (const [past, weight] of softmax(row).entries()) expect(both[time]?.[past]).toBeCloseTo(weight, 2);
    }
    for (const row of both) expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 3);
  });
});
