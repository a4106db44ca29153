import { createLogUpdate } from 'log-update';
import { formatCount, formatDuration } from '../format.ts';
import { type LossPoint, lossChart } from './loss-chart.ts';
import { Pace } from './pace.ts';

/** The latest numbers of training. */
export interface Progress {
  readonly step: number;
  readonly loss: number;
  readonly tokensPerSecond: number;
}

/** The result of an evaluation. */
export interface Evaluation {
  readonly step: number;
  readonly validationLoss: number;
}

/** Shows the progress of training on stderr. */
export interface ProgressView {
  update(progress: Progress): void;
  evaluation(evaluation: Evaluation): void;
  /** Prints a text that stays, above the live part. */
  print(text: string): void;
  /** Ends the live part; the curve stays. */
  stop(): void;
}

/** A report of an earlier session, as in metrics.jsonl. */
export interface PastReport {
  readonly step: number;
  readonly loss: number;
  readonly validation_loss?: number;
}

export interface ViewOptions {
  /** The earlier reports of a resumed run, so that its curve is complete. */
  readonly past?: readonly PastReport[];
}

/** The part of a stream that a view needs. */
export type ViewStream = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns' | 'rows' | 'hasColors'>;

/** On a terminal, a live curve with a bar below; elsewhere, a line every few seconds and the curve at the end. */
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

  /** The current numbers: `step 120/2,000 · loss 2.3456 · validation 2.4000 · 12,345 tokens/s · 1:05 left`. */
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

  /** The live part for a terminal of the given size. */
  frame(columns: number, rows: number, colours: boolean): string {
    const width = Math.min(columns - 1, maximumWidth);
    const chart =
      columns < minimumColumns || rows < minimumRows
        ? []
        : ['', ...lossChart(this, { width, height: Math.min(10, rows - 10), colours }), ''];
    const share = (this.#latest?.step ?? 0) / this.steps;
    const bar = columns < minimumColumns ? '' : `${barOf(share)}  `;
    return [...chart, `${bar}${this.line()}`.slice(0, Math.max(columns - 1, 1))].join('\n');
  }
}

/** A wider curve is not easier to read. */
const maximumWidth = 100;
/** On a smaller terminal, there is no curve. */
const minimumColumns = 60;
const minimumRows = 18;
const barLength = 20;

function barOf(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barLength);
  return `${'━'.repeat(filled)}${'┈'.repeat(barLength - filled)}`;
}

/** Nobody sees more frames than this. */
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
/** A log may be read at any width. */
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
