/** The place in the user's code that made a value, found only when somebody asks. */
export interface Location {
  /** `file:line:column`, or '' where the engine keeps no stack. */
  toString(): string;
}

/** Everything under this folder is ours and never the user's line. Cut by hand: `new URL('.', …)` is an asset to bundlers. */
const ownFolder = import.meta.url.replace(/[^/]*$/, '');

/** Remembers the present call stack. Formatting it is put off, since nearly no value is ever asked for it. */
export function captureLocation(): Location {
  const error = new Error();
  return { toString: () => userFrame(error.stack ?? '') };
}

/** The user's present line as it ends a message: ` (at path/to/model.ts:12:20)`, or '' where there is none. */
export function atUserLine(): string {
  const line = userFrame(new Error().stack ?? '');
  return line === '' ? '' : ` (at ${line})`;
}

/** The first frame outside src/graph: `path/to/model.ts:12:20`. */
export function userFrame(stack: string): string {
  for (const line of stack.split('\n')) {
    const place = /(?:\(|at |@)((?:file:\/\/|https?:\/\/|\/|[A-Za-z]:\\)[^()\s]*:\d+:\d+)\)?$/.exec(line.trim())?.[1];
    if (place === undefined || isOwn(place)) continue;
    return place.replace(/^file:\/\//, '');
  }
  return '';
}

function isOwn(place: string): boolean {
  const url = place.startsWith('/') ? `file://${place}` : place;
  return url.startsWith(ownFolder);
}
