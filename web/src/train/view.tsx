import './train.css';
import { useEffect } from 'preact/hooks';
import { Message } from '../shared/message.tsx';
import { Page } from '../shared/page.tsx';
import { NewRun } from './new-run.tsx';
import { RunList } from './run-list.tsx';
import { RunView } from './run-view.tsx';
import { note, problem, refreshRuns } from './state.ts';

/** Train a model on a text of one's own. */
export function TrainView() {
  useEffect(() => {
    void refreshRuns();
  }, []);
  return (
    <Page
      title="Train one"
      lead="Give it a text; it begins with random weights and learns which character comes next. Nothing leaves this page, and a run stays when you close it."
    >
      <div class="beside">
        <div>
          <NewRun />
          <RunList />
        </div>
        <div class="result">
          {problem.value !== undefined && <Message kind="problem">{problem.value}</Message>}
          {note.value !== undefined && <Message kind="note">{note.value}</Message>}
          <RunView />
        </div>
      </div>
    </Page>
  );
}
