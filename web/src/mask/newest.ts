/** Does one piece of work at a time; of what is asked for meanwhile, only the newest. */
export function newest<Wanted>(work: (wanted: Wanted) => Promise<void>): (wanted: Wanted) => void {
  const waiting: Wanted[] = [];
  let busy = false;
  const workThrough = async (): Promise<void> => {
    busy = true;
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      waiting.length = 0;
      await work(next);
    }
    busy = false;
  };
  return (wanted) => {
    waiting.push(wanted);
    if (!busy) void workThrough();
  };
}
