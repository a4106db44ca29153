/** The part of asciichart 1.5 that we use; the package brings no types. */
declare module 'asciichart' {
  export function plot(
    series: readonly number[],
    options?: { height?: number; min?: number; max?: number; format?: (value: number) => string },
  ): string;
}
