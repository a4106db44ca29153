import type { RunView } from '../../runs/follow-run.ts';
import type { EventFileWriter } from '../../tensorboard/event-file.ts';
import type { BestEvaluation } from '../../train/trainer/record.ts';
import type { ProgressView } from './progress-view.ts';

/**
 * Tells of a run on the terminal.
 * @param best the best evaluation before this session
 */
export function terminalView(view: ProgressView, best?: BestEvaluation): RunView {
  let lowest = best;
  return {
    steps: ({ step, loss, tokens_per_second: tokensPerSecond }) => view.update({ step, loss, tokensPerSecond }),
    skipped({ step, loss, gradientNorm }) {
      const what = Number.isFinite(loss) ? `the gradient's norm was ${gradientNorm}` : `the loss was ${loss}`;
      view.print(`step ${step} was skipped: ${what}`);
    },
    evaluation({ step, loss, validation_loss: validationLoss }, isBest) {
      view.evaluation({ step, validationLoss });
      if (isBest) lowest = { step, validationLoss };
      const remark =
        isBest || lowest === undefined ? '' : ` (lowest: ${lowest.validationLoss.toFixed(4)} at step ${lowest.step})`;
      view.print(
        `step ${step}: training loss ${loss.toFixed(4)}, validation loss ${validationLoss.toFixed(4)}${remark}`,
      );
    },
    sample: ({ step, text }) => view.print(`\n── step ${step} ${'─'.repeat(40)}\n${text.trim()}\n`),
  };
}

/** Tells of a run to TensorBoard. */
export function tensorBoardView(file: EventFileWriter): RunView {
  return {
    logged: (line) =>
      file.scalars(line.step, {
        'loss/training': line.loss,
        ...(line.validation_loss === undefined ? {} : { 'loss/validation': line.validation_loss }),
        gradient_norm: line.gradient_norm,
        learning_rate: line.learning_rate,
        tokens_per_second: line.tokens_per_second,
      }),
    sample: ({ step, text }) => file.text(step, 'sample', text),
  };
}
