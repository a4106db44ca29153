import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Pace } from '../../../src/cli/train/pace.ts';
import { progressView, ViewState } from '../../../src/cli/train/progress-view.ts';

/** A stream that keeps what is written to it. */
function stream(terminal: { columns: number; rows: number } | undefined): {
  written: () => string;
  stream: NodeJS.WriteStream;
} {
  const parts: string[] = [];
  const fake = {
    write: (text: string) => {
      parts.push(text);
      return true;
    },
    isTTY: terminal !== undefined,
    hasColors: () => false,
    ...terminal,
  };
  return { written: () => parts.join(''), stream: fake as unknown as NodeJS.WriteStream };
}

function reported(state: ViewState, count: number): ViewState {
  for (let report = 1; report <= count; report += 1) {
    state.update({ step: report * 10, loss: 4 - report / 100, tokensPerSecond: 12_345.6 });
  }
  return state;
}

describe('the time left', () => {
  it('follows from the pace of the last minute, not from that since the start', () => {
    let time = 0;
    const pace = new Pace(0, () => time);
    expect(pace.secondsTo(100)).toBe(0);
    for (let step = 1; step <= 100; step += 1) {
      time += 5000; // 5 s a step
      pace.reach(step);
    }
    expect(pace.secondsTo(200)).toBeCloseTo(500);
    for (let step = 101; step <= 300; step += 1) {
      time += 1000; // quicker now
      pace.reach(step);
    }
    expect(pace.secondsTo(400)).toBeCloseTo(100);
  });

  it('counts from the step that a resumed run begins with', () => {
    let time = 0;
    const pace = new Pace(1000, () => time);
    time = 10_000;
    pace.reach(1100);
    expect(pace.secondsTo(1200)).toBeCloseTo(10);
  });
});

describe('what stands on the terminal', () => {
  it.each([
    [60, 18],
    [80, 24],
    [200, 60],
  ])('fits %i columns and %i rows, curve and bar', (columns, rows) => {
    const state = reported(new ViewState(5000, 0, []), 120);
    state.evaluation({ step: 500, validationLoss: 3.5 });
    const lines = state.frame(columns, rows, false).split('\n');
    expect(lines.length).toBeLessThan(rows);
    for (const line of lines) expect([...line].length).toBeLessThan(columns);
    expect(lines.at(-1)).toMatch(/^━+┈+ {2}step 1,200\/5,000 · loss 2\.8000/);
    expect(lines.length).toBeGreaterThan(10);
  });

  it.each([
    [59, 40],
    [80, 17],
    [20, 5],
    [1, 1],
  ])('is one line where there is little room: %i columns and %i rows', (columns, rows) => {
    const frame = reported(new ViewState(5000, 0, []), 120).frame(columns, rows, false);
    expect(frame.split('\n')).toHaveLength(1);
    expect(frame.length).toBeLessThanOrEqual(Math.max(columns - 1, 1));
  });

  it('begins its curve where a resumed run began', () => {
    const past = [
      { step: 10, loss: 4, validation_loss: 4.1 },
      { step: 20, loss: 3 },
    ];
    const state = new ViewState(100, 20, past);
    state.update({ step: 30, loss: 2, tokensPerSecond: 1 });
    expect(state.training).toEqual([
      [10, 4],
      [20, 3],
      [30, 2],
    ]);
    expect(state.validation).toEqual([[10, 4.1]]);
    expect(state.frame(80, 30, false)).toMatch(/\n {8}10 +30\n/);
  });
});

describe('a live view', () => {
  it('keeps printed text above what moves, and leaves the last picture standing', () => {
    const { written, stream: terminal } = stream({ columns: 80, rows: 30 });
    const view = progressView(30, 0, {}, terminal);
    view.update({ step: 10, loss: 4, tokensPerSecond: 1000 });
    view.print('a passage');
    view.update({ step: 30, loss: 2, tokensPerSecond: 1000 });
    view.stop();
    const text = stripVTControlCharacters(written());
    expect(text).toContain('a passage\n');
    expect(text.lastIndexOf('step 30/30')).toBeGreaterThan(text.indexOf('a passage'));
    expect(text.endsWith('\n')).toBe(true);
  });
});

describe('a view elsewhere', () => {
  it('prints lines now and then, and the curve at the end, without control characters', () => {
    const { written, stream: log } = stream(undefined);
    const view = progressView(1000, 0, {}, log);
    for (let step = 10; step <= 1000; step += 10) view.update({ step, loss: 4 - step / 500, tokensPerSecond: 1000 });
    view.evaluation({ step: 1000, validationLoss: 2.1 });
    view.stop();
    const lines = written().split('\n');
    expect(lines[0]).toMatch(/^step 10\/1,000 · loss 3\.9800 · 1,000 tokens\/s · /);
    expect(lines[1]).toMatch(/^step 1,000\/1,000 · loss 2\.0000/);
    expect(written()).toContain('● validation 2.1000');
    expect(written()).toBe(stripVTControlCharacters(written()));
  });
});
