import { useLayoutEffect, useState } from 'preact/hooks';

/** Work that waits for its turn: each piece gets a task of its own, so that clicks and keys get through between them. */
const waiting = new Set<() => void>();

let planned = false;

function planTurn(): void {
  if (planned || waiting.size === 0) return;
  planned = true;
  setTimeout(() => {
    planned = false;
    const [work] = waiting;
    if (work !== undefined) waiting.delete(work);
    try {
      work?.();
    } finally {
      planTurn();
    }
  });
}

/** Does something in its turn. @returns what takes it back, if its turn has not come */
function inTurn(work: () => void): () => void {
  waiting.add(work);
  planTurn();
  return () => waiting.delete(work);
}

/** A value that takes long to render, when its turn has come: before that, the value that it was. */
export function useInTurn<Value extends object>(wanted: Value): Value | undefined {
  const [shown, show] = useState<Value>();
  useLayoutEffect(() => inTurn(() => show(wanted)), [wanted]);
  return shown;
}
