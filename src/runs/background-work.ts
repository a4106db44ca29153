const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** A queue of work that runs beside training, one piece at a time. A failure is thrown when the next piece is added, or at the end. */
export class BackgroundWork {
  readonly #most: number;
  #pending: readonly Promise<void>[] = [];
  #failures: unknown[] = [];

  /** @param most how many pieces may wait or run: each keeps what it writes in memory. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Adds a piece, as soon as there is room for it.
   * @throws what an earlier piece threw
   */
  async add(work: () => Promise<void>): Promise<void> {
    while (this.#pending.length >= this.#most) await this.#pending[0];
    this.#throwFailure();
    const before = this.#pending.at(-1) ?? Promise.resolve();
    const piece = before
      .then(nextTurn) // the caller goes on first
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
   * Resolves when all work is done.
   * @throws what a piece threw, unless it was thrown before
   */
  async done(): Promise<void> {
    await Promise.all(this.#pending);
    this.#throwFailure();
  }

  #throwFailure(): void {
    const [failure] = this.#failures;
    this.#failures = [];
    if (failure !== undefined) throw failure;
  }
}
