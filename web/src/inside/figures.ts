/** `12,345` */
export function countInWords(count: number): string {
  return count.toLocaleString('en');
}

/** `1 node`, `12,345 nodes` */
export function several(count: number, one: string, more = `${one}s`): string {
  return `${countInWords(count)} ${count === 1 ? one : more}`;
}

/** `3.25 MB`, in powers of ten. */
export function bytesInWords(bytes: number): string {
  const [unit, size] =
    bytes < 1e3
      ? (['bytes', 1] as const)
      : bytes < 1e6
        ? (['kB', 1e3] as const)
        : bytes < 1e9
          ? (['MB', 1e6] as const)
          : (['GB', 1e9] as const);
  const number = bytes / size;
  return `${size === 1 ? countInWords(bytes) : number.toLocaleString('en', { maximumSignificantDigits: 3 })} ${unit}`;
}

/** Four digits; very small numbers by their power of ten. */
export function numberInFewDigits(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return `${value}`.replace('-', '−');
  const digits = Math.abs(value) < 1e-3 ? value.toExponential(2) : `${Number(value.toPrecision(4))}`;
  return digits.replaceAll('-', '−');
}
