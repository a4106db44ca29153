import { describe, expect, test } from 'vitest';
import { readModelSummary } from '../../src/onnx/metadata.ts';
import { withProgramDefaults } from '../../src/runtime/program-description.ts';
import { tinyFile, tinyModel } from '../support/tiny-ladder.ts';

describe('the options that suit a program', () => {
  const summaryOf = (name: 'train' | 'generate') => readModelSummary(tinyFile(name, tinyModel('bigram')));

  test('a train program is opened without planned memory', () => {
    expect(withProgramDefaults(summaryOf('train'), { device: 'cpu', sessionOptions: { logId: 'mine' } })).toEqual({
      device: 'cpu',
      sessionOptions: { enableMemPattern: false, logId: 'mine' },
    });
  });

  test('unless the caller wants it; other programs are opened as they were asked to be', () => {
    const options = { sessionOptions: { enableMemPattern: true } };
    expect(withProgramDefaults(summaryOf('train'), options)).toEqual(options);
    expect(withProgramDefaults(summaryOf('generate'), {})).toEqual({});
  });
});
