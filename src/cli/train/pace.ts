/** The time over which speed is averaged: long enough to even out evaluations, short enough to follow a slower machine. */
const windowSeconds = 60;

/** The speed of the latest steps. */
export class Pace {
  readonly #now: () => number;
  readonly #reached: { readonly step: number; readonly seconds: number }[];

  /** @param now a clock that never goes back, in milliseconds */
  constructor(start: number, now: () => number = () => performance.now()) {
    this.#now = () => now() / 1000;
    this.#reached = [{ step: start, seconds: this.#now() }];
  }

  reach(step: number): void {
    const seconds = this.#now();
    this.#reached.push({ step, seconds });
    while (this.#reached.length > 2 && seconds - (this.#reached[1]?.seconds ?? seconds) > windowSeconds) {
      this.#reached.shift();
    }
  }

  /** Estimated seconds until a step is reached; 0 while there is nothing to estimate from. */
  secondsTo(step: number): number {
    const [first, last] = [this.#reached[0], this.#reached.at(-1)];
    if (first === undefined || last === undefined || last.step <= first.step) return 0;
    return ((last.seconds - first.seconds) / (last.step - first.step)) * (step - last.step);
  }
}
