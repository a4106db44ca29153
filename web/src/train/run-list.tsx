import { FileDrop } from '../shared/file-drop.tsx';
import { Message } from '../shared/message.tsx';
import { current, isBusy, removeRun, runs, showRun, takeFiles, waiting } from './state.ts';

/** The runs that this browser keeps, and a place for one from the command line. */
export function RunList() {
  return (
    <section class="panel runs" aria-label="Runs in this browser">
      <h2>Your runs</h2>
      {runs.value.length === 0 ? (
        <p class="quiet">None yet. They are kept in this browser until you delete them.</p>
      ) : (
        <ul>
          {runs.value.map((run) => (
            <li key={run.id}>
              <button
                type="button"
                disabled={isBusy()}
                aria-current={run.id === current.value?.id ? 'true' : undefined}
                onClick={() => void showRun(run)}
              >
                <span>{run.name}</span>
                <span class="quiet">
                  step {run.step.toLocaleString('en')} of {run.steps.toLocaleString('en')}
                </span>
              </button>
              <button
                type="button"
                class="remove"
                disabled={isBusy()}
                aria-label={`Delete ${run.name}, step ${run.step}`}
                title="Delete"
                onClick={() => {
                  if (confirm(`Delete “${run.name}” for good?`)) void removeRun(run);
                }}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      {waiting.value !== undefined && (
        <Message kind="note">
          The run is fine; now the text that it was trained on: {waiting.value.missing.name},{' '}
          {waiting.value.missing.characters.toLocaleString('en')} characters.
        </Message>
      )}
      <FileDrop
        label={waiting.value === undefined ? 'Choose a zip' : 'Choose the text'}
        accept={waiting.value === undefined ? '.zip,.safetensors' : '.txt,.md,text/plain'}
        folder={waiting.value === undefined}
        disabled={isBusy()}
        onFiles={(files) => void takeFiles(files)}
      >
        Go on with a run from the command line: drop its folder, or a zip of it.
      </FileDrop>
    </section>
  );
}
