import { signal } from '@preact/signals';

/** How long a step is shown while they are played, in milliseconds. */
const pace = 6000;

/** The step that is pointed out, counted from 0. */
export const current = signal<number | undefined>(undefined);
export const playing = signal(false);

let timer: ReturnType<typeof setTimeout> | undefined;

/** What a step's section is called in the page. */
export function idOf(step: number): string {
  return `step-${step + 1}`;
}

/** Points a step out and brings it into sight. */
export function show(step: number): void {
  current.value = step;
  const smooth = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  document.getElementById(idOf(step))?.scrollIntoView({ block: 'start', behavior: smooth ? 'smooth' : 'instant' });
}

/** Shows a step to whoever asked for it, with the focus at its heading. */
export function goTo(step: number): void {
  pause();
  show(step);
  document.getElementById(idOf(step))?.querySelector('h2')?.focus({ preventScroll: true });
}

/** Shows one step after the other; from the first one, when the last has been shown. */
export function play(count: number): void {
  const { value: at = -1 } = current;
  playing.value = true;
  const next = (step: number): void => {
    if (step >= count) {
      pause();
      return;
    }
    show(step);
    timer = setTimeout(() => next(step + 1), pace);
  };
  next(at + 1 < count ? at + 1 : 0);
}

export function pause(): void {
  clearTimeout(timer);
  playing.value = false;
}
