import type { ComponentChildren } from 'preact';
import { current, idOf } from './player.ts';

interface StepProps {
  /** Counted from 0. */
  readonly step: number;
  readonly title: string;
  /** What there is to know, in a sentence or two. */
  readonly lesson: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A section of the page: one step. */
export function Step({ step, title, lesson, children }: StepProps) {
  const id = idOf(step);
  return (
    <section id={id} class="step" aria-labelledby={`${id}-title`} data-current={current.value === step}>
      <h2 id={`${id}-title`} tabIndex={-1}>
        <span class="number">{step + 1}</span> {title}
      </h2>
      <p class="lesson">{lesson}</p>
      {children}
    </section>
  );
}
