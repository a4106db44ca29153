import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type LossPoint, lossChart } from '../../../src/cli/train/loss-chart.ts';

const falling: readonly LossPoint[] = Array.from({ length: 500 }, (_, index) => [
  10 * (index + 1),
  4 / (1 + index / 50) + 1,
]);
const size = { width: 80, height: 8 };

describe('a loss chart', () => {
  it('is as wide as it may be and no wider, however many points there are', () => {
    for (const points of [falling.slice(0, 2), falling.slice(0, 30), falling]) {
      for (const width of [40, 80, 100]) {
        const lines = lossChart({ training: points, validation: [] }, { width, height: 8 });
        const widest = Math.max(...lines.map((line) => [...line].length));
        expect(widest).toBeLessThanOrEqual(width);
        expect(widest).toBeGreaterThan(width - 4);
      }
    }
  });

  it('falls from the upper left to the lower right when the loss does, between the losses on its axis', () => {
    const lines = lossChart({ training: falling, validation: [] }, size);
    expect(lines[0]).toMatch(/^\s*4\.\d\d ┼/);
    const plot = lines.slice(0, -2);
    expect(plot.at(-1)).toMatch(/─$/);
    expect(plot.at(-1)).toMatch(/^\s*1\.\d\d /);
    expect(lines.at(-2)).toMatch(/^\s+10\s+5,000$/);
    expect(lines.at(-1)?.trim()).toBe(`─ training ${falling.at(-1)?.[1].toFixed(4)}`);
  });

  it('marks each evaluation at its step and its height', () => {
    const training: readonly LossPoint[] = [
      [0, 4],
      [100, 2],
    ];
    const lines = lossChart(
      {
        training,
        validation: [
          [50, 4],
          [100, 3],
        ],
      },
      size,
    );
    const columns = lines
      .slice(0, -1)
      .flatMap((line, row) => [...line].flatMap((character, column) => (character === '●' ? [[row, column]] : [])));
    expect(columns).toEqual([
      [0, 8 + Math.floor(71 / 2)],
      [4, 8 + 70],
    ]);
    expect(lines.at(-1)).toContain('● validation 3.0000');
  });

  it('is nothing for fewer than two points, and leaves out what is no number', () => {
    expect(lossChart({ training: [[1, 2]], validation: [] }, size)).toEqual([]);
    expect(
      lossChart(
        {
          training: [
            [1, Number.NaN],
            [2, 3],
          ],
          validation: [],
        },
        size,
      ),
    ).toEqual([]);
    const gap = falling.map(([step, loss], index): LossPoint => [step, index % 3 === 1 ? Number.NaN : loss]);
    expect(lossChart({ training: gap, validation: [[20, Number.NaN]] }, size).join('')).not.toMatch(/NaN|●/);
  });

  it('of a level loss is a level line', () => {
    const level: readonly LossPoint[] = [
      [1, 2],
      [2, 2],
      [3, 2],
    ];
    expect(lossChart({ training: level, validation: [] }, size)[0]).toMatch(/2\.00 ┼─+$/);
  });

  it('says the same with colours as without', () => {
    const curves = { training: falling, validation: [[2500, 2]] as const };
    const plain = lossChart(curves, size);
    const coloured = lossChart(curves, { ...size, colours: true });
    expect(coloured.join('\n')).toContain('\u001b[');
    expect(coloured.map(stripVTControlCharacters)).toEqual(plain);
  });
});
