import * as graph from '../../../src/graph/index.ts';
import { input, turnNumber } from '../../../src/graph/index.ts';
import { fold, sum, zip } from '../../support/number-array.ts';
import { elements, floats, type Row, table } from './row.ts';

const { rows } = table();

rows.push({
  operator: 'scan',
  what: 'a running sum, and each square',
  inputs: [floats(['batch', 2]), floats(['steps', 'batch', 2], 1, 2)],
  call: (start, sequence) => {
    const [before, element] = [input('before', 'float32', start.shape), input('element', 'float32', start.shape)];
    const { states, outputs } = graph.scan({
      states: [{ formal: before, initial: start, next: graph.add(before, element) }],
      sequences: [{ formal: element, sequence }],
      outputs: [graph.mul(element, element)],
    });
    return [...states, ...outputs];
  },
  yields: [
    ['float32', ['batch', 2]],
    ['float32', ['steps', 'batch', 2]],
  ],
  expected: (start, sequence) => [
    zip((a, b) => a + b, start, fold(sequence, [0], false, sum)),
    zip((a) => a * a, sequence),
  ],
});
const loopCount = elements('int64', [], [3]);
rows.push({
  operator: 'loop',
  what: 'a state that doubles, and each turn’s number',
  inputs: [loopCount, floats(['batch'])],
  call: (count, start) => {
    const [formal, turn] = [input('formal', 'float32', start.shape), turnNumber()];
    const { states, outputs } = graph.loop({
      count,
      turns: 'turns',
      turn,
      states: [{ formal, initial: start, next: graph.mul(formal, 2) }],
      outputs: [turn],
    });
    return [...states, ...outputs];
  },
  yields: [
    ['float32', ['batch']],
    ['int64', ['turns']],
  ],
  expected: (_, start) => [zip((a) => 8 * a, start), { shape: [3], data: [0, 1, 2] }],
});
rows.push({
  operator: 'turnNumber',
  what: 'ends a loop early through goOn',
  inputs: [elements('int64', [], [9])],
  call: (count) => {
    const [turn, formal] = [turnNumber(), input('formal', 'int64', [])];
    const goOn = graph.less(turn, 4);
    const { states } = graph.loop({
      count,
      turns: 'turns',
      turn,
      goOn,
      states: [{ formal, initial: graph.constant(0, 'int64'), next: graph.add(formal, turn) }],
      outputs: [],
    });
    return states;
  },
  yields: [['int64', []]],
  expected: () => [{ shape: [], data: [0 + 1 + 2 + 3 + 4] }],
});

/** Loops. */
export const controlRows: readonly Row[] = rows;
