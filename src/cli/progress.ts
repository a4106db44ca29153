import { createLogUpdate } from 'log-update';
import { type LossPoint, lossChart } from './chart.ts';
import { formatCount, formatDuration } from './format.ts';
import { Pace } from './pace.ts';

/** How far training is. */
export interface Progress {
  readonly step: number;
  readonly loss: number;
  readonly tokensPerSecond: number;
}

/** What an evaluation came to. */
export interface Evaluation {
  readonly step: number;
  readonly validationLoss: number;
}

/** Shows how far training is, on stderr. */
export interface ProgressView {
  update(progress: Progress): void;
  evaluation(evaluation: Evaluation): void;
  /** Prints a text for good, above what moves. */
  print(text: string): void;
  /** Leaves the curve standing. */
  stop(): void;
}

/** What was reported before this session; see metrics.jsonl. */
export interface PastReport {
  readonly step: number;
  readonly loss: number;
  readonly validation_loss?: number;
}

export interface ViewOptions {
  /** The reports of a run that goes on: its curve begins where it began. */
  readonly past?: readonly PastReport[];
}

/** The part of a terminal's stream that a view needs. */
export type ViewStream = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns' | 'rows' | 'hasColors'>;

/** On a terminal a curve that grows, with a bar under it; elsewhere a line every few seconds, and the curve at the end. */
export function progressView(
  steps: number,
  start: number,
  { past = [] }: ViewOptions = {},
  stream: NodeJS.WriteStream = process.stderr,
): ProgressView {
  const state = new ViewState(steps, start, past);
  return stream.isTTY ? new LiveView(state, stream) : new LineView(state, stream);
}

/** What a view draws. */
export class ViewState {
  readonly steps: number;
  readonly training: LossPoint[];
  readonly validation: LossPoint[];
  readonly #pace: Pace;
  #latest: Progress | undefined;

  constructor(steps: number, start: number, past: readonly PastReport[], now?: () => number) {
    this.steps = steps;
    this.training = past.map(({ step, loss }) => [step, loss]);
    this.validation = past.flatMap(({ step, validation_loss: loss }) => (loss === undefined ? [] : [[step, loss]]));
    this.#pace = new Pace(start, now);
  }

  update(progress: Progress): void {
    this.training.push([progress.step, progress.loss]);
    this.#pace.reach(progress.step);
    this.#latest = progress;
  }

  evaluation({ step, validationLoss }: Evaluation): void {
    this.validation.push([step, validationLoss]);
  }

  /** The numbers of the moment: `step 120/2,000 · loss 2.3456 · validation 2.4000 · 12,345 tokens/s · 1:05 left`. */
  line(): string {
    const { step, loss, tokensPerSecond } = this.#latest ?? { step: 0, loss: Number.NaN, tokensPerSecond: 0 };
    const validation = this.validation.at(-1);
    return [
      `step ${formatCount(step)}/${formatCount(this.steps)}`,
      `loss ${loss.toFixed(4)}`,
      ...(validation === undefined ? [] : [`validation ${validation[1].toFixed(4)}`]),
      `${formatCount(tokensPerSecond)} tokens/s`,
      `${formatDuration(this.#pace.secondsTo(this.steps))} left`,
    ].join(' · ');
  }

  /** What stands at the bottom of a terminal of so many columns and rows. */
  frame(columns: number, rows: number, colours: boolean): string {
    const width = Math.min(columns - 1, widest);
    const chart =
      columns < leastColumns || rows < leastRows
        ? []
        : ['', ...lossChart(this, { width, height: Math.min(10, rows - 10), colours }), ''];
    const share = (this.#latest?.step ?? 0) / this.steps;
    const bar = columns < leastColumns ? '' : `${barOf(share)}  `;
    return [...chart, `${bar}${this.line()}`.slice(0, Math.max(columns - 1, 1))].join('\n');
  }
}

/** Wider than this, a curve is not easier to read. */
const widest = 100;
/** On a smaller terminal the bar stands alone. */
const leastColumns = 60;
const leastRows = 18;
const barLength = 20;

function barOf(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barLength);
  return `${'━'.repeat(filled)}${'┈'.repeat(barLength - filled)}`;
}

/** More often than this nobody sees it. */
const millisecondsBetweenFrames = 200;

class LiveView implements ProgressView {
  readonly #state: ViewState;
  readonly #stream: NodeJS.WriteStream;
  readonly #log: ReturnType<typeof createLogUpdate>;
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(state: ViewState, stream: NodeJS.WriteStream) {
    this.#state = state;
    this.#stream = stream;
    this.#log = createLogUpdate(stream);
  }

  update(progress: Progress): void {
    this.#state.update(progress);
    const now = performance.now();
    if (now - this.#drawn >= millisecondsBetweenFrames || progress.step >= this.#state.steps) this.#draw();
  }

  evaluation(evaluation: Evaluation): void {
    this.#state.evaluation(evaluation);
    this.#draw();
  }

  print(text: string): void {
    this.#log.clear();
    this.#stream.write(`${text}\n`);
    this.#draw();
  }

  stop(): void {
    if (this.#state.training.length > 0) this.#draw();
    this.#log.done();
  }

  #draw(): void {
    this.#drawn = performance.now();
    const { columns, rows } = this.#stream;
    this.#log(this.#state.frame(columns, rows, this.#stream.hasColors()));
  }
}

const secondsBetweenLines = 5;
/** Where there is no terminal, a log is read later, at any width. */
const logChart = { width: 80, height: 10 };

class LineView implements ProgressView {
  readonly #state: ViewState;
  readonly #stream: Pick<NodeJS.WriteStream, 'write'>;
  #printed = Number.NEGATIVE_INFINITY;

  constructor(state: ViewState, stream: Pick<NodeJS.WriteStream, 'write'>) {
    this.#state = state;
    this.#stream = stream;
  }

  update(progress: Progress): void {
    this.#state.update(progress);
    const now = performance.now() / 1000;
    if (now - this.#printed < secondsBetweenLines && progress.step < this.#state.steps) return;
    this.#printed = now;
    this.print(this.#state.line());
  }

  evaluation(evaluation: Evaluation): void {
    this.#state.evaluation(evaluation);
  }

  print(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  stop(): void {
    const chart = lossChart(this.#state, logChart);
    if (chart.length > 0) this.print(`\n${chart.join('\n')}`);
  }
}
