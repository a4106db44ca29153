import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killAndResume } from '../../scripts/kill-trainer/kill-and-resume.ts';
import { sharedFolder, writeText } from './command.ts';

const folder = sharedFolder();

it('a trainer that is killed five times at random moments ends as one that nobody disturbed, to the last bit', async () => {
  const data = join(folder, 'text.txt');
  writeText(data);
  const seed = Math.floor(Math.random() * 1e9);
  const { kills, differences } = await killAndResume({ folder, data, kills: 5, seed });
  expect(differences, `with the seed ${seed}`).toEqual([]);
  const steps = kills.map(({ step }) => step ?? 0);
  expect(steps).toEqual(steps.toSorted((one, other) => one - other)); // nothing that was saved is ever lost
});
