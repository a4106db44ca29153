import { existsSync } from 'node:fs';

/**
 * A file or folder that a Debian package brings, for tests against an independent source.
 * Where it is missing, the tests that need it are skipped with a warning that names the package; on CI that is a failure.
 * @returns `path`, or undefined when it is missing
 * @throws Error when it is missing and the environment variable CI is set
 */
export function debianPath(path: string, packageName: string): string | undefined {
  if (existsSync(path)) return path;
  const message = `${path} is missing, so tests against it do not run: apt-get install ${packageName}`;
  if (process.env.CI) throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return undefined;
}

/** Debian's Python with its onnx package, or undefined; see `debianPath`. */
export function pythonWithOnnx(): string | undefined {
  const onnx = debianPath('/usr/lib/python3/dist-packages/onnx/checker.py', 'python3-onnx');
  return onnx === undefined ? undefined : debianPath('/usr/bin/python3', 'python3-onnx');
}
