import { learn } from './learn.ts';

/** The only element of its kind, or with this id. */
function find<Kind extends Element>(selector: string): Kind {
  const element = document.querySelector<Kind>(selector);
  if (element === null) throw new Error(`index.html has no ${selector}`);
  return element;
}

const form = find<HTMLFormElement>('form');
const button = find<HTMLButtonElement>('button');
const progress = find<HTMLProgressElement>('progress');
const status = find('#status');
const notices = find('#notices');
const written = find('#written');

async function start(): Promise<void> {
  const fields = new FormData(form);
  const task = {
    text: String(fields.get('text')),
    steps: Number(fields.get('steps')),
    characters: Number(fields.get('characters')),
  };
  const threads = Number(fields.get('threads'));
  const device = String(fields.get('device'));
  progress.max = task.steps;
  progress.value = 0;
  written.textContent = '';
  status.textContent = 'Loading…';
  let on = '';
  await learn(task, threads > 0 ? { device, threads } : { device }, (event) => {
    if (event.kind === 'opened') {
      on = event.device;
      notices.replaceChildren(
        ...event.notices.map((notice) => Object.assign(document.createElement('li'), { textContent: notice })),
      );
    } else if (event.kind === 'trained') {
      progress.value = event.step;
      status.textContent = `On ${on}, step ${event.step}: loss ${event.loss.toFixed(3)}`;
    } else {
      written.append(event.text);
    }
  });
  status.textContent += '. Done.';
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    await start();
  } catch (error) {
    status.textContent = error instanceof Error ? error.message : String(error);
  } finally {
    button.disabled = false;
  }
});
