import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What waits for devices, browsers or other processes is short to write and long to run. */
const slow = /\/test\/(devices|docs|web|examples|bench|hugging-face|readme)\b/;

/** Starts what takes long first, so that no core is idle at the end: vitest, where it knows no durations yet, goes by the files' sizes. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: TestSpecification): boolean => slow.test(moduleId);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}
