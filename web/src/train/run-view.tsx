import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { hrefOf } from '../route.ts';
import { messageOf } from '../shared/errors.ts';
import { NumberField } from '../shared/number-field.tsx';
import { programs } from '../shared/programs.ts';
import { duration } from './duration.ts';
import type { ExportedProgramName } from './protocol.ts';
import {
  activity,
  current,
  exporting,
  exportProgram,
  exportZip,
  haltRun,
  isBusy,
  metrics,
  notices,
  problem,
  resumeRun,
  samples,
  step,
  stopped,
  usedDevice,
} from './state.ts';

/** The run that is shown: how far it is, how well it learns, what it writes. */
export function RunView() {
  const run = current.value;
  if (run === undefined) return <p class="quiet">Start a run, and its losses and samples appear here.</p>;
  return (
    <section aria-label={`The run ${run.name}`}>
      <h2>{run.name}</h2>
      <p class="quiet">
        {run.stage}, {run.parameters.toLocaleString('en')} parameters, {run.textName} (
        {run.characters.toLocaleString('en')} characters), {run.batch} × {run.blockSize} a step
        {usedDevice.value === undefined ? '' : `, on ${usedDevice.value}`}. {notices.value.join(' ')}
      </p>
      <progress value={step.value} max={run.steps} aria-label="Steps made" />
      <Figures />
      <Buttons />
      <Chart />
      <Samples />
      {run.step > 0 && <Exports />}
    </section>
  );
}

/** The curves, drawn by a library that is fetched when there is something to draw. */
function Chart() {
  const loaded = useSignal<{ readonly Curves: ComponentType } | undefined>(undefined);
  const wanted = metrics.value.length > 0;
  useEffect(() => {
    if (!wanted) return;
    import('./loss-chart.tsx').then(
      ({ LossChart }) => {
        loaded.value = { Curves: LossChart };
      },
      (error: unknown) => {
        problem.value = `The curves could not be loaded: ${messageOf(error)}`;
      },
    );
  }, [wanted]);
  const { value } = loaded;
  return wanted && value !== undefined ? <value.Curves /> : null;
}

function Figures() {
  const run = current.value;
  const last = metrics.value.at(-1);
  const validation = metrics.value.findLast((line) => line.validation_loss !== undefined)?.validation_loss;
  if (run === undefined || last === undefined) return null;
  const stepsPerSecond = last.tokens_per_second / (run.batch * run.blockSize);
  const left = Math.max(0, run.steps - last.step) / stepsPerSecond;
  const figures: Readonly<Record<string, string>> = {
    Step: `${last.step.toLocaleString('en')} of ${run.steps.toLocaleString('en')}`,
    'Training loss': last.loss.toFixed(3),
    'Validation loss': validation?.toFixed(3) ?? '–',
    'Steps a second': stepsPerSecond.toPrecision(3),
    'Tokens a second': Math.round(last.tokens_per_second).toLocaleString('en'),
    ...(isBusy() ? { 'Time left': duration(left) } : { Trained: duration(last.seconds) }),
  };
  return (
    <dl class="figures">
      {Object.entries(figures).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Buttons() {
  const run = current.value;
  const more = useSignal<number | undefined>(undefined);
  if (run === undefined) return null;
  const halting = activity.value === 'pausing' || activity.value === 'stopping';
  if (activity.value !== 'idle') {
    return (
      <div class="buttons">
        <button type="button" class="primary" disabled={halting} onClick={() => haltRun('pausing')}>
          {activity.value === 'pausing' ? 'Pausing…' : 'Pause'}
        </button>
        <button type="button" disabled={halting} onClick={() => haltRun('stopping')}>
          {activity.value === 'stopping' ? 'Stopping…' : 'Stop'}
        </button>
        <span class="quiet" role="status">
          {activity.value === 'starting' ? 'Opening the training graph…' : ''}
        </span>
      </div>
    );
  }
  const done = run.step >= run.steps;
  const steps = more.value ?? (done ? run.steps * 2 : run.steps);
  return (
    <div class="buttons further">
      <button type="button" class="primary" onClick={() => void resumeRun(steps)} disabled={steps <= run.step}>
        {done || stopped.value ? 'Train further' : run.step === 0 ? 'Begin' : 'Resume'}
      </button>
      <NumberField
        id="further"
        label="Up to step"
        value={steps}
        min={run.step + 1}
        onChange={(value) => {
          more.value = value;
        }}
      />
    </div>
  );
}

function Samples() {
  const list = samples.value;
  if (list.length === 0) return null;
  return (
    <section aria-label="Samples">
      <h3>What it writes</h3>
      <ol class="samples">
        {list
          .slice(-6)
          .reverse()
          .map(({ step: at, text }) => (
            <li key={at}>
              <span class="quiet">step {at.toLocaleString('en')}</span>
              <p class="mono">{text}</p>
            </li>
          ))}
      </ol>
    </section>
  );
}

function Exports() {
  const program = useSignal<ExportedProgramName>('generate');
  const run = current.value;
  if (run === undefined) return null;
  const busy = exporting.value !== undefined;
  return (
    <section class="exports" aria-label="Keep it">
      <h3>Keep it</h3>
      <p class="quiet">
        As it was at step {run.step.toLocaleString('en')}, the last checkpoint. The zip is a model directory that other
        tools read, with all that <code>npx trilu train --resume</code> needs.
      </p>
      <div class="buttons">
        <button type="button" disabled={busy} onClick={() => void exportZip()}>
          Save the model directory (.zip)
        </button>
        <label class="hidden" for="program">
          Program
        </label>
        <select
          id="program"
          value={program.value}
          onChange={({ currentTarget }) => {
            program.value = programs.find((name) => name === currentTarget.value) ?? 'generate';
          }}
        >
          {programs.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <button type="button" disabled={busy} onClick={() => void exportProgram(program.value)}>
          Save as .onnx
        </button>
      </div>
      <p>
        <a href={hrefOf('write', { model: run.id })}>Let it write</a>, or{' '}
        <a href={hrefOf('inside', { model: run.id })}>look inside</a>.
      </p>
    </section>
  );
}
