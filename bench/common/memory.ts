import { readFile } from 'node:fs/promises';

/** What a process has held in memory at most, in bytes. */
export interface MemoryUse {
  /** Of the whole process: its program, its libraries and all that they allocate (Linux's VmHWM). */
  readonly peak: number;
  /** The same less what the process held when its libraries were loaded and the model was not yet. */
  readonly aboveBaseline?: number;
}

/**
 * The most that a process has held so far, counted by the kernel, so that it means the same whatever the process runs.
 * Undefined where there is no /proc, or the process is gone.
 * @param baseline what it held before it loaded its model, in bytes
 */
export async function memoryOf(process: number, baseline?: number): Promise<MemoryUse | undefined> {
  const status = await readFile(`/proc/${process}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) return undefined;
  const peak = Number(kilobytes) * 1024;
  return { peak, ...(baseline === undefined ? {} : { aboveBaseline: Math.max(0, peak - baseline) }) };
}
