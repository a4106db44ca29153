import { register } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Loads a module of a user. What it, and what it imports, take from `trilu` is the copy that runs this command, wherever they are: graphs,
 * devices and tokenizers of two copies don't mix.
 */
export async function importUserModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  useThisCopy();
  return import(pathToFileURL(resolve(path)).href);
}

let registered = false;

function useThisCopy(): void {
  if (registered) return;
  registered = true;
  const hooks = `
    const own = ${JSON.stringify(import.meta.url)};
    export const resolve = (specifier, context, next) =>
      /^trilu(\\/|$)/.test(specifier) ? next(specifier, { ...context, parentURL: own }) : next(specifier, context);`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}
