/** Created at the first use: that takes 17 ms, and --help does not need it. */
let thousands: Intl.NumberFormat | undefined;

/** 1234567 → `1,234,567`. */
export function formatCount(count: number): string {
  thousands ??= new Intl.NumberFormat('en-US');
  return thousands.format(Math.round(count));
}

/** `1 character`, `2 characters`. */
export function formatUnits(count: number, unit: 'character' | 'token'): string {
  return `${formatCount(count)} ${unit}${count === 1 ? '' : 's'}`;
}

/** 3200000 → `3.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const size = bytes / 1000 ** power;
  return `${power === 0 || size >= 100 ? size.toFixed(0) : size.toFixed(1)} ${units[power]}`;
}

/** Seconds as `1:05` or `2:03:04`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? `${part}` : `${part}`.padStart(2, '0'))).join(':');
}

/** A path quoted for a shell where it needs quotes. */
export function shellWord(path: string): string {
  return /^[\w./:@%+=~-]+$/.test(path) && !path.startsWith('~') ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** A table with aligned columns: text to the left, numbers (columns whose cells begin with a digit) to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const numeric = header.map((_, column) => rows.every((row) => /^\d/.test(row[column] ?? '')));
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
