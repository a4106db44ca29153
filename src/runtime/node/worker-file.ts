/**
 * Where the file of the worker thread is: compiled, beside this one; when this one runs from its TypeScript source (tests,
 * tsx), a line of JavaScript that loads the source through tsx, which a worker doesn't take over from its parent.
 */
export function workerFile(): URL {
  if (!import.meta.url.endsWith('.ts')) return new URL('./worker.js', import.meta.url);
  const tsx = import.meta.resolve('tsx/esm/api');
  const source = new URL('./worker.ts', import.meta.url);
  const code = `import { register } from '${tsx}'; register(); await import('${source}');`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}
