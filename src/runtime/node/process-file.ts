import { fileURLToPath } from 'node:url';

/**
 * The arguments with which Node runs a file of this folder in a process of its own: compiled; or, when this one runs from its
 * TypeScript source (tests, tsx), the source through tsx.
 * @param name the file's name without its ending
 */
export function processFile(name: string): readonly string[] {
  if (!import.meta.url.endsWith('.ts')) return [fileURLToPath(new URL(`./${name}.js`, import.meta.url))];
  return ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL(`./${name}.ts`, import.meta.url))];
}
