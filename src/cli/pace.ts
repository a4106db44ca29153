/** How long the past is looked at: an evaluation now and then does not move the estimate, a slower machine does. */
const memorySeconds = 60;

/** How fast steps have been made of late. */
export class Pace {
  readonly #now: () => number;
  readonly #reached: { readonly step: number; readonly seconds: number }[];

  /** @param now milliseconds from any fixed point on, by a clock that is never set back */
  constructor(start: number, now: () => number = () => performance.now()) {
    this.#now = () => now() / 1000;
    this.#reached = [{ step: start, seconds: this.#now() }];
  }

  reach(step: number): void {
    const seconds = this.#now();
    this.#reached.push({ step, seconds });
    while (this.#reached.length > 2 && seconds - (this.#reached[1]?.seconds ?? seconds) > memorySeconds) {
      this.#reached.shift();
    }
  }

  /** Seconds until a step is reached; 0 while nothing tells. */
  secondsTo(step: number): number {
    const [first, last] = [this.#reached[0], this.#reached.at(-1)];
    if (first === undefined || last === undefined || last.step <= first.step) return 0;
    return ((last.seconds - first.seconds) / (last.step - first.step)) * (step - last.step);
  }
}
