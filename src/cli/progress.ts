import { MultiBar, Presets } from 'cli-progress';
import { formatCount, formatDuration } from './format.ts';

/** What a progress line tells about training. */
export interface Progress {
  readonly step: number;
  readonly loss: number;
  readonly tokensPerSecond: number;
}

/** Shows how far training is, on stderr. */
export interface ProgressView {
  update(progress: Progress): void;
  /** Prints a text for good, above the bar. */
  print(text: string): void;
  stop(): void;
}

/** A live bar on a terminal; elsewhere a line every few seconds. */
export function progressView(steps: number, start: number): ProgressView {
  return process.stderr.isTTY ? new BarView(steps, start) : new LineView(steps, start);
}

/** Seconds to go, from the pace since this session began. */
class Pace {
  readonly #begun = performance.now();
  readonly #first: number;
  readonly #last: number;

  constructor(first: number, last: number) {
    this.#first = first;
    this.#last = last;
  }

  secondsLeft(step: number): number {
    const elapsed = (performance.now() - this.#begun) / 1000;
    return step > this.#first ? (elapsed / (step - this.#first)) * (this.#last - step) : 0;
  }
}

class BarView implements ProgressView {
  readonly #bars: MultiBar;
  readonly #bar: ReturnType<MultiBar['create']>;
  readonly #pace: Pace;

  constructor(steps: number, start: number) {
    this.#pace = new Pace(start, steps);
    this.#bars = new MultiBar(
      {
        stream: process.stderr,
        format: '{bar} step {value}/{total} · loss {loss} · {speed} tokens/s · {left} left',
        barsize: 24,
        hideCursor: true,
        gracefulExit: false,
        linewrap: false,
        emptyOnZero: true,
      },
      Presets.shades_classic,
    );
    this.#bar = this.#bars.create(steps, start, { loss: '–', speed: '–', left: '–' });
  }

  update({ step, loss, tokensPerSecond }: Progress): void {
    const left = formatDuration(this.#pace.secondsLeft(step));
    this.#bar.update(step, { loss: loss.toFixed(4), speed: formatCount(tokensPerSecond), left });
  }

  print(text: string): void {
    this.#bars.log(`${text}\n`);
    this.#bars.update();
  }

  stop(): void {
    this.#bars.stop();
  }
}

const secondsBetweenLines = 5;

class LineView implements ProgressView {
  readonly #steps: number;
  readonly #pace: Pace;
  #printed = Number.NEGATIVE_INFINITY;

  constructor(steps: number, start: number) {
    this.#steps = steps;
    this.#pace = new Pace(start, steps);
  }

  update({ step, loss, tokensPerSecond }: Progress): void {
    const now = performance.now() / 1000;
    if (now - this.#printed < secondsBetweenLines && step < this.#steps) return;
    this.#printed = now;
    const left = formatDuration(this.#pace.secondsLeft(step));
    this.print(
      `step ${step}/${this.#steps} · loss ${loss.toFixed(4)} · ${formatCount(tokensPerSecond)} tokens/s · ${left} left`,
    );
  }

  print(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  stop(): void {}
}
