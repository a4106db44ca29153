const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Work that goes on beside training, one piece after another. A piece that fails is told of when the next is added, or at the end. */
export class BackgroundWork {
  readonly #most: number;
  #pending: readonly Promise<void>[] = [];
  #failures: unknown[] = [];

  /** @param most how many pieces may wait or be under way: each holds on to what it writes. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Adds a piece; resolves as soon as there is room for it.
   * @throws what an earlier piece has thrown
   */
  async add(work: () => Promise<void>): Promise<void> {
    while (this.#pending.length >= this.#most) await this.#pending[0];
    this.#fail();
    const before = this.#pending.at(-1) ?? Promise.resolve();
    const piece = before
      .then(turn) // whoever gives it goes on first
      .then(() => (this.#failures.length === 0 ? work() : undefined))
      .catch((error) => {
        this.#failures.push(error);
      })
      .finally(() => {
        this.#pending = this.#pending.filter((other) => other !== piece);
      });
    this.#pending = [...this.#pending, piece];
  }

  /**
   * Resolves when nothing is left to do.
   * @throws what a piece has thrown, unless that was told before
   */
  async done(): Promise<void> {
    await Promise.all(this.#pending);
    this.#fail();
  }

  #fail(): void {
    const [failure] = this.#failures;
    this.#failures = [];
    if (failure !== undefined) throw failure;
  }
}
