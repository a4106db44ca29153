import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentType } from 'preact';
import { hrefOf, route, type ViewName, viewNames } from './route.ts';
import { messageOf } from './shared/errors.ts';
import { Message } from './shared/message.tsx';
import { Footer } from './shell/footer.tsx';
import { ThemeButton } from './shell/theme-button.tsx';

interface View {
  readonly label: string;
  load(): Promise<ComponentType>;
}

/** Each view is fetched when it is first looked at. */
const views: Readonly<Record<ViewName, View>> = {
  mask: { label: 'Mask', load: async () => (await import('./mask/view.tsx')).MaskView },
  write: { label: 'Write', load: async () => (await import('./write/view.tsx')).WriteView },
  train: { label: 'Train', load: async () => (await import('./train/view.tsx')).TrainView },
  inside: { label: 'Look inside', load: async () => (await import('./inside/view.tsx')).InsideView },
};

/** The page: its head with the four views, one of them, and what the machine can do. */
export function App() {
  return (
    <>
      <button type="button" class="skip" onClick={focusContent}>
        Skip to the content
      </button>
      <header class="head">
        <a class="name" href={hrefOf('mask')}>
          trilu
        </a>
        <nav aria-label="Views">
          {viewNames.map((name) => (
            <a key={name} href={hrefOf(name)} aria-current={route.value.view === name ? 'page' : undefined}>
              {views[name].label}
            </a>
          ))}
        </nav>
        <ThemeButton />
      </header>
      <main id="content" tabIndex={-1}>
        <CurrentView />
      </main>
      <Footer />
    </>
  );
}

/** A link would leave the view, whose name is the address's #. */
function focusContent(): void {
  document.getElementById('content')?.focus();
}

function CurrentView() {
  const shown = useSignal<{ readonly name: ViewName; readonly Component: ComponentType } | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const wanted = useComputed(() => route.value.view);
  useSignalEffect(() => {
    const name = wanted.value;
    problem.value = undefined;
    views[name].load().then(
      (Component) => {
        if (wanted.peek() !== name) return;
        shown.value = { name, Component };
        document.title = `${views[name].label} · trilu`;
      },
      (error: unknown) => {
        problem.value = `This view could not be loaded: ${messageOf(error)}`;
      },
    );
  });
  if (problem.value !== undefined) return <Message kind="problem">{problem.value}</Message>;
  const current = shown.value;
  return current === undefined ? <p class="quiet">Loading…</p> : <current.Component key={current.name} />;
}
