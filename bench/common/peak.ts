import { gemmPeak } from '../gemm-peak.ts';

const known = new Map<number, Promise<number>>();

/** What ONNX Runtime's matrix products reach here with so many threads, in GFLOP/s; measured once in a run. */
export function peakOf(threads: number): Promise<number> {
  const before = known.get(threads);
  if (before !== undefined) return before;
  const measured = gemmPeak({ threads, openBlas: false }).then(({ gflops }) => gflops);
  known.set(threads, measured);
  return measured;
}
