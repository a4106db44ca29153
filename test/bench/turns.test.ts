import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { Contestant } from '../../bench/common/contestants.ts';
import { ratioOf, summarize } from '../../bench/common/statistics.ts';
import { sideResults, takeTurns } from '../../bench/common/turns.ts';

/** A side that is a few lines of JavaScript. */
function scripted(side: string, script: string): Contestant {
  return { side, label: `${side}'s`, command: { program: process.execPath, arguments: ['--eval', script] } };
}

/** A side that answers so many commands, each with the same time, and ends. */
function steady(side: string, milliseconds: number, answers = Number.MAX_SAFE_INTEGER): Contestant {
  const script = `
    let left = ${answers};
    console.log(JSON.stringify({ about: '${side} 1.0', setup: 0.5, baseline: 1000 }));
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      if (left-- === 0) process.exit(3);
      console.log(JSON.stringify({ times: [${milliseconds}], said: line }));
    });`;
  return scripted(side, script);
}

const schema = v.object({ times: v.array(v.number()), said: v.string() });

describe('summarize', () => {
  it('takes the middle one of an odd number of times, and the mean of the middle two of an even number', () => {
    expect(summarize([5, 1, 3])).toEqual({ median: 3, minimum: 1, count: 3 });
    expect(summarize([8, 2, 4, 6])).toEqual({ median: 5, minimum: 2, count: 4 });
  });

  it('refuses to say something of nothing', () => {
    expect(() => summarize([])).toThrow(RangeError);
  });
});

describe('ratioOf', () => {
  it('is below 1 where the first one is faster', () => {
    const ratio = ratioOf({ median: 2, minimum: 1, count: 1 }, { median: 8, minimum: 2, count: 1 });
    expect(ratio).toEqual({ median: 0.25, minimum: 0.5 });
  });
});

describe('takeTurns', () => {
  const listen = (): { lines: string[]; say: (line: string) => void } => {
    const lines: string[] = [];
    return { lines, say: (line) => lines.push(line) };
  };

  it('alternates the sides, counts all turns but the first, and compares with the first side', async () => {
    const { lines, say } = listen();
    const order: string[] = [];
    const { measured, absent } = await takeTurns({
      contestants: [steady('ours', 2), { ...steady('theirs', 8), turns: 2 }],
      rounds: 3,
      name: 'test',
      listener: { say },
      turn: async (peer) => {
        order.push(peer.greeting.about);
        return await peer.ask('work 7', schema);
      },
    });
    expect(order.join()).toBe(`${'ours 1.0,theirs 1.0,'.repeat(3)}ours 1.0`);
    expect(absent).toEqual([]);
    expect(measured.map(({ time }) => time.count)).toEqual([3, 2]);
    expect(measured[0]?.answers[0]?.said).toBe('work 7');
    const sides = sideResults(measured, () => ({ outcome: 'done' }));
    expect(sides.map(({ ratio }) => ratio.median)).toEqual([1, 0.25]);
    expect(sides[1]).toMatchObject({ side: 'theirs', label: "theirs's", about: 'theirs 1.0', outcome: 'done' });
    if (process.platform === 'linux') {
      const { peak = 0, aboveBaseline = 0 } = sides[0]?.memory ?? {};
      expect(peak).toBeGreaterThan(10e6); // a Node that does nothing holds as much
      expect(aboveBaseline).toBe(peak - 1000);
    }
    expect(lines).toContain('test, round 3 of 3: ours 2.00');
  });

  it('leaves out, and tells of, a side that says it can’t, one that ends in a turn, and one that is not there', async () => {
    const { lines, say } = listen();
    const skipped = scripted('skipped', `console.log(JSON.stringify({ skipped: 'it is missing: get it there' }))`);
    const missing = { ...skipped, side: 'missing', command: { program: '/no/such/program', arguments: [] } };
    const { measured, absent } = await takeTurns({
      contestants: [steady('ours', 2), skipped, steady('ending', 8, 1), missing],
      rounds: 2,
      name: 'test',
      listener: { say },
      turn: (peer) => peer.ask('work 7', schema),
    });
    expect(measured.map(({ contestant }) => contestant.side)).toEqual(['ours']);
    expect(absent).toHaveLength(3);
    expect(absent[0]).toBe('it is missing: get it there');
    expect(lines).toContain('SKIPPED: it is missing: get it there');
    expect(lines).toContain("FAILED: ending's failed: ending 1.0 ended before it answered");
    expect(lines.join('\n')).toContain('ENOENT');
  });

  it('fails where the first side does', async () => {
    const turns = takeTurns({
      contestants: [steady('ours', 2, 0), steady('theirs', 8)],
      rounds: 1,
      name: 'test',
      listener: { say: () => {} },
      turn: (peer) => peer.ask('work 7', schema),
    });
    await expect(turns).rejects.toThrow('ours 1.0 ended before it answered');
  });
});
