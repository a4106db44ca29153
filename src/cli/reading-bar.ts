import { Presets, SingleBar } from 'cli-progress';
import { formatBytes } from './format.ts';

/** Shows how much of a file has been read. */
export interface ReadingBar {
  update(bytes: number, total: number): void;
  stop(): void;
}

/** A file that is read faster than this needs no bar. */
const secondsBeforeBar = 1;

/** Shows on stderr that a large file is read: a bar on a terminal, one line elsewhere. */
export function readingBar(name: string): ReadingBar {
  const began = performance.now();
  let bar: SingleBar | undefined;
  let announced = false;
  const begin = (total: number): SingleBar => {
    const format = `Reading ${name} {bar} {read} of ${formatBytes(total)} · {eta_formatted} left`;
    const started = new SingleBar(
      { stream: process.stderr, format, barsize: 24, hideCursor: true },
      Presets.shades_classic,
    );
    started.start(total, 0, { read: formatBytes(0) });
    return started;
  };
  return {
    update: (bytes, total) => {
      if ((performance.now() - began) / 1000 < secondsBeforeBar) return;
      if (process.stderr.isTTY) {
        bar ??= begin(total);
        bar.update(bytes, { read: formatBytes(bytes) });
      } else if (!announced) process.stderr.write(`Reading ${name} (${formatBytes(total)}) …\n`);
      announced = true;
    },
    stop: () => bar?.stop(),
  };
}
