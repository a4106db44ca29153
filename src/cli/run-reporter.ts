import type { RunDirectory } from '../runs/run-directory.ts';
import type { EventFileWriter } from '../tensorboard/event-file.ts';
import type { EvaluationEvent, SkippedEvent, StepsEvent } from '../trainer/events.ts';
import type { BestEvaluation } from '../trainer/record.ts';
import type { Metrics } from '../trainer/run-files.ts';
import type { ProgressView } from './progress.ts';

/** Where a run's reports go. */
export interface Reporting {
  readonly run: RunDirectory;
  readonly view: ProgressView;
  /** Undefined with --no-tensorboard. */
  readonly eventFile: EventFileWriter | undefined;
}

/** Tells of a run's events everywhere: on the terminal, in metrics.jsonl and samples.jsonl, to TensorBoard. */
export class RunReporter {
  readonly #to: Reporting;
  /** The report of the last steps, held back until it is known whether an evaluation belongs to it. */
  #line: Metrics | undefined;
  #loss = Number.NaN;
  #best: BestEvaluation | undefined;

  /** @param best the best evaluation before this session */
  constructor(to: Reporting, best?: BestEvaluation) {
    this.#to = to;
    this.#best = best;
  }

  async steps({ step, loss, gradientNorm, learningRate, tokensPerSecond, seconds }: StepsEvent): Promise<void> {
    await this.flush();
    this.#loss = loss;
    this.#to.view.update({ step, loss, tokensPerSecond });
    this.#line = {
      step,
      loss,
      gradient_norm: gradientNorm,
      learning_rate: learningRate,
      tokens_per_second: tokensPerSecond,
      seconds,
    };
  }

  skipped({ step, loss, gradientNorm }: SkippedEvent): void {
    const what = Number.isFinite(loss) ? `the gradient's norm was ${gradientNorm}` : `the loss was ${loss}`;
    this.#to.view.print(`step ${step} was skipped: ${what}`);
  }

  evaluation({ step, validationLoss, best }: EvaluationEvent): void {
    if (this.#line !== undefined) this.#line = { ...this.#line, validation_loss: validationLoss };
    this.#to.view.evaluation({ step, validationLoss });
    if (best) this.#best = { step, validationLoss };
    const lowest = this.#best;
    const remark =
      best || lowest === undefined ? '' : ` (lowest: ${lowest.validationLoss.toFixed(4)} at step ${lowest.step})`;
    this.#to.view.print(
      `step ${step}: training loss ${this.#loss.toFixed(4)}, validation loss ${validationLoss.toFixed(4)}${remark}`,
    );
  }

  async sample(step: number, text: string): Promise<void> {
    await this.#to.run.sample({ step, text });
    await this.#to.eventFile?.text(step, 'sample', text);
    this.#to.view.print(`\n── step ${step} ${'─'.repeat(40)}\n${text.trim()}\n`);
  }

  /** Writes what is held back. To be called before a checkpoint: what the log tells then goes up to it. */
  async flush(): Promise<void> {
    const line = this.#line;
    this.#line = undefined;
    if (line === undefined) return;
    await this.#to.run.report(line);
    await this.#to.eventFile?.scalars(line.step, {
      'loss/training': line.loss,
      ...(line.validation_loss === undefined ? {} : { 'loss/validation': line.validation_loss }),
      gradient_norm: line.gradient_norm,
      learning_rate: line.learning_rate,
      tokens_per_second: line.tokens_per_second,
    });
  }
}
