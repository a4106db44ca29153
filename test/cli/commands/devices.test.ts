import { describe, expect, it } from 'vitest';
import { formatDevices } from '../../../src/cli/commands/devices.ts';
import type { DeviceReport } from '../../../src/runtime/device-report.ts';
import { runTrilu, sharedFolder, succeed, trilu } from '../command.ts';

const cwd = { cwd: sharedFolder() };

describe.concurrent('trilu devices', () => {
  it('prints a table, one device in a row, and says which one auto takes', async () => {
    const lines = (await succeed(['devices'], cwd)).split('\n');
    expect(lines[0]).toMatch(/^device +available +what it is$/);
    for (const [index, device] of ['cuda', 'webgpu', 'cpu', 'wasm'].entries()) {
      expect(lines[index + 1]).toMatch(new RegExp(`^${device} +(yes|no) +\\S`));
    }
    expect(lines.filter((line) => line.includes('(auto takes it)'))).toHaveLength(1);
  });

  it('explains each device that is missing', async () => {
    const { code, stdout, stderr } = await runTrilu(['devices'], cwd);
    expect([code, stderr]).toEqual([0, '']);
    const missing = [...stdout.matchAll(/^(\w+) +no /gm)].map(([, device]) => device);
    for (const device of missing) expect(stdout).toMatch(new RegExp(`^${device}: .+\\.\\n {2}What to do: .+\\.$`, 'm'));
  });

  it('prints the reports as JSON', async () => {
    const reports: DeviceReport[] = JSON.parse(await succeed(['devices', '--json'], cwd));
    expect(reports.map(({ device }) => device)).toEqual(['cuda', 'webgpu', 'cpu', 'wasm']);
    expect(reports.filter(({ auto }) => auto)).toHaveLength(1);
    expect(reports.find(({ device }) => device === 'cpu')?.available).toBe(true);
  });

  it('takes no argument', async () => {
    expect(await trilu(['devices', 'cuda'], cwd)).toMatchObject({ code: 2, stdout: '' });
  });
});

it('the table is aligned, and the explanations follow in its order', () => {
  const report = { available: true, auto: false, emulated: false } as const;
  expect(
    formatDevices([
      {
        ...report,
        device: 'cuda',
        available: false,
        description: 'an NVIDIA GPU',
        reason: 'no GPU',
        remedy: 'buy one',
      },
      { ...report, device: 'cpu', auto: true, description: 'a processor, 2 cores' },
    ]),
  ).toBe(
    [
      'device  available  what it is',
      'cuda    no         an NVIDIA GPU',
      'cpu     yes        a processor, 2 cores (auto takes it)',
      '',
      'cuda: no GPU.',
      '  What to do: buy one.',
    ].join('\n'),
  );
});
