import { execFileSync } from 'node:child_process';
import { type Cell, failure } from '../verdict.ts';
import type { Consumer } from './consumer.ts';

const script = `
import json, onnx, sys
problems = []
for path in json.load(sys.stdin):
    try:
        onnx.checker.check_model(path, full_check=True)
        problems.append(None)
    except Exception as error:
        problems.append(str(error))
print(json.dumps(problems))`;

/** The standard's own checker, as the Python that is given has it, shapes included. */
export function onnxChecker(python: string): Consumer {
  return {
    name: 'onnx checker',
    async try(files) {
      const options = { input: JSON.stringify(files.map(({ path }) => path)), encoding: 'utf8' } as const;
      const problems: (string | null)[] = JSON.parse(execFileSync(python, ['-c', script], options));
      return files.map(({ path }, index): Cell => {
        const problem = problems[index];
        return problem === null ? { verdict: 'valid' } : failure(problem, path);
      });
    },
  };
}

/** Such as `1.12.0`. */
export function onnxVersion(python: string): string {
  return execFileSync(python, ['-c', 'import onnx; print(onnx.__version__)'], { encoding: 'utf8' }).trim();
}
