import { expect, it } from 'vitest';
import { BackgroundWork } from '../../src/runs/background-work.ts';

/** A piece of work that ends when it is told to. */
function piece(log: string[], name: string): { work: () => Promise<void>; end: (error?: Error) => void } {
  let end: (error?: Error) => void = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error));
  });
  ended.catch(() => undefined); // it may end before anybody waits for it
  const work = async (): Promise<void> => {
    log.push(`${name} begins`);
    await ended;
    log.push(`${name} ends`);
  };
  return { work, end };
}

/** Lets everything happen that can. */
const turn = async (): Promise<void> => {
  for (let round = 0; round < 5; round += 1) await new Promise((resolve) => setTimeout(resolve, 2));
};

it('goes on beside its giver, one piece after another, and lets no more wait than there is room for', async () => {
  const log: string[] = [];
  const background = new BackgroundWork(2);
  const [first, second, third] = ['first', 'second', 'third'].map((name) => piece(log, name));
  if (first === undefined || second === undefined || third === undefined) throw new Error('three pieces');
  await background.add(first.work);
  await background.add(second.work);
  let taken = false;
  const adding = background.add(third.work).then(() => {
    taken = true;
  });
  await turn();
  expect([log, taken]).toEqual([['first begins'], false]);
  first.end();
  await adding;
  await turn();
  expect(log).toEqual(['first begins', 'first ends', 'second begins']);
  second.end();
  third.end();
  await background.done();
  expect(log.slice(-3)).toEqual(['second ends', 'third begins', 'third ends']);
});

it('tells of a failure once: at the next piece, or at the end, and does nothing that was to come after it', async () => {
  const log: string[] = [];
  const background = new BackgroundWork(2);
  const broken = piece(log, 'broken');
  const after = piece(log, 'after');
  await background.add(broken.work);
  await background.add(after.work);
  await turn();
  broken.end(new Error('the disk is full'));
  await turn();
  await expect(background.add(async () => undefined)).rejects.toThrow('the disk is full');
  await background.done();
  expect(log).toEqual(['broken begins']);

  const second = piece(log, 'second');
  await background.add(second.work);
  second.end(new Error('again'));
  await expect(background.done()).rejects.toThrow('again');
  await background.done();
});
