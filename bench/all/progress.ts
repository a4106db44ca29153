import { MultiBar, Presets } from 'cli-progress';
import { formatDuration } from '../../src/cli/format.ts';

/** Shows on stderr how far a long run is, and how long it will still take. */
export interface RunProgress {
  /** A part begins. @param name its name @param done how much of all is done, from 0 to 1 */
  update(name: string, done: number): void;
  /** Prints a line for good, above the bar. */
  print(line: string): void;
  stop(): void;
}

/** Seconds to go, from the pace since the beginning. */
class Pace {
  readonly #begun = performance.now();

  left(done: number): string {
    const elapsed = (performance.now() - this.#begun) / 1000;
    return done > 0.01 ? formatDuration((elapsed / done) * (1 - done)) : '–';
  }
}

/** A bar on a terminal; elsewhere a line whenever another hundredth is done. */
export function runProgress(): RunProgress {
  const pace = new Pace();
  if (!process.stderr.isTTY) {
    let told = '';
    return {
      update: (name, done) => {
        const line = `${Math.floor(100 * done)} % · ${name}`;
        if (line !== told) process.stderr.write(`${line} · ${pace.left(done)} left\n`);
        told = line;
      },
      print: (line) => void process.stderr.write(`${line}\n`),
      stop: () => {},
    };
  }
  const bars = new MultiBar(
    {
      stream: process.stderr,
      format: '{bar} {percentage} % · {name} · {left} left',
      barsize: 24,
      hideCursor: true,
      linewrap: false,
      gracefulExit: false,
      emptyOnZero: true,
    },
    Presets.shades_classic,
  );
  const bar = bars.create(1, 0, { name: '', left: '–' });
  return {
    update: (name, done) => bar.update(done, { name, left: pace.left(done) }),
    print: (line) => {
      bars.log(`${line}\n`);
      bars.update();
    },
    stop: () => bars.stop(),
  };
}
