import { UserError } from '../../errors.ts';
import type { Session } from '../../runtime/session.ts';
import type { Tensors } from '../../runtime/tensor.ts';
import { type Batches, isAlike, stacked } from './feed.ts';

/** How many batches go through in one run: enough to amortise feeding the weights, few enough to stop soon on demand. */
const batchesPerRun = 20;

/**
 * The mean of each output of a program over batches.
 * @param session a program that takes one batch and gives scalars; or one that takes several, (batches, …), and gives (batches)
 * @param state what the program is fed beside the batches, such as weights; what it has no input for is left out
 * @param weight how much a batch counts; unset is the size of the first dimension of its first tensor: its examples
 * @throws UserError when there are no batches
 */
export async function meanOutputs(
  session: Session,
  state: Tensors,
  batches: Batches,
  weight: (batch: Tensors) => number = exampleCount,
): Promise<Readonly<Record<string, number>>> {
  const { inputs, outputs } = session.program;
  const names = new Set(inputs.map(({ name }) => name));
  const fed = Object.fromEntries(Object.entries(state).filter(([name]) => names.has(name)));
  const takesMany = outputs.some(({ shape }) => shape.length > 0);
  const sums: Record<string, number> = {};
  let weights = 0;
  for await (const group of groups(batches, takesMany ? batchesPerRun : 1)) {
    const results = await session.run({ ...fed, ...(takesMany ? stacked(group) : group[0]) });
    for (const [index, batch] of group.entries()) {
      const counts = weight(batch);
      for (const [name, { data }] of Object.entries(results)) {
        sums[name] = (sums[name] ?? 0) + Number(data[index]) * counts;
      }
      weights += counts;
    }
  }
  if (weights === 0) throw new UserError('There are no batches to evaluate on: the source gave none.');
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / weights]));
}

function exampleCount(batch: Tensors): number {
  const [first] = Object.values(batch);
  return first?.shape[0] ?? 1;
}

/** Batches that are alike, as many as go through in one run. */
async function* groups(batches: Batches, most: number): AsyncGenerator<Tensors[], void, undefined> {
  let group: Tensors[] = [];
  for await (const batch of batches) {
    const [first] = group;
    if (first !== undefined && (group.length === most || !areAlike(first, batch))) {
      yield group;
      group = [];
    }
    group.push(batch);
  }
  if (group.length > 0) yield group;
}

function areAlike(one: Tensors, other: Tensors): boolean {
  return Object.entries(one).every(([name, part]) => {
    const same = other[name];
    return same !== undefined && isAlike(part, same);
  });
}
