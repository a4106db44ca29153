import './inside.css';
import { useSignalEffect } from '@preact/signals';
import { route } from '../route.ts';
import { Message } from '../shared/message.tsx';
import { Page } from '../shared/page.tsx';
import { Choice, programNamed } from './choice.tsx';
import { DetailsPanel } from './details-panel.tsx';
import { Outline } from './outline.tsx';
import { Picture } from './picture.tsx';
import { SearchBox } from './search-box.tsx';
import { isBusy, lookAt, openedGraph, problem } from './state.ts';

/** What is looked at where nothing is asked for. */
const first = 'gpt-nano';

/** The graph of a program or of a file, to be opened scope by scope. */
export function InsideView() {
  useSignalEffect(() => {
    const { view, parameters } = route.value;
    if (view !== 'inside') return;
    const model = parameters.get('model');
    // Back from another view, what was looked at is still there.
    if (model === null && (openedGraph.peek() !== undefined || isBusy.peek())) return;
    const program = programNamed(parameters.get('program')) ?? 'forward';
    void lookAt({ kind: 'program', model: model ?? first, program });
  });
  return (
    <Page
      title="Look inside"
      lead="A model is a graph of plain operators. Open a scope to see what it is made of; choose a node to see what it reads, what it makes, and its weights."
    >
      <div class="inside">
        <Choice />
        <SearchBox />
        {problem.value !== undefined && <Message kind="problem">{problem.value}</Message>}
        <div class="rooms">
          <Outline />
          <Picture />
          <DetailsPanel />
        </div>
      </div>
    </Page>
  );
}
