import { UserError } from '../errors.ts';

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

/**
 * The value of a JSON text in which no object has a key twice: JSON.parse would take the last of them silently.
 * @param source what to call the file in an error, as the start of a sentence
 * @throws UserError when it is not JSON, or has a key twice
 */
export function parseJson(text: string, source: string): unknown {
  let json: unknown;
  let repeated: string | undefined;
  try {
    json = JSON.parse(text);
    repeated = repeatedKey(text);
  } catch (cause) {
    throw new UserError(`${source} is not JSON, or cut short. Write or download it again.`, { cause });
  }
  if (repeated !== undefined) throw new UserError(`${source} has ${JSON.stringify(repeated)} twice.`);
  return json;
}
