import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { torchIsThere, torchSide } from './common/contestants.ts';
import type { GemmShape } from './gemm-shapes.ts';

export interface OpenBlasPeak {
  /** The library, in words. */
  readonly about: string;
  readonly gflops: number;
  readonly rates: readonly { readonly shape: GemmShape; readonly gflops: number }[];
}

const answerSchema = v.object({ about: v.string(), gflops: v.array(v.number()) });

/** What PyTorch's matrix products reach with OpenBLAS, on the same shapes; undefined where it is not installed. */
export async function openBlasPeak(work: {
  readonly threads: number;
  readonly shapes: readonly GemmShape[];
  readonly milliseconds: number;
}): Promise<OpenBlasPeak | undefined> {
  if (!torchIsThere()) return undefined;
  const script = new URL('./gemm-peak-openblas.py', import.meta.url);
  const { program, arguments: given, environment } = torchSide(script, [JSON.stringify(work)], work.threads);
  const { stdout } = await promisify(execFile)(program, [...given], { env: { ...process.env, ...environment } });
  const { about, gflops } = v.parse(answerSchema, JSON.parse(stdout));
  const rates = work.shapes.map((shape, index) => ({ shape, gflops: gflops[index] ?? 0 }));
  return { about, gflops: Math.max(...gflops), rates };
}
