/** A text with the colon that makes it a key, or a bracket; numbers and words between them don't matter here. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\]]/gs;

/**
 * The first key that stands twice in one object of a JSON text. `JSON.parse` would keep the last of them and say nothing.
 * @param json valid JSON
 * @returns undefined when every key stands once
 */
export function repeatedKey(json: string): string | undefined {
  const enclosing: Set<string>[] = [];
  for (const [token, text, colon] of json.matchAll(TOKEN)) {
    if (token === '{' || token === '[') enclosing.push(new Set());
    else if (token === '}' || token === ']') enclosing.pop();
    else if (text !== undefined && colon !== undefined) {
      const key: unknown = JSON.parse(text);
      const keys = enclosing.at(-1);
      if (typeof key !== 'string' || keys === undefined) continue;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
