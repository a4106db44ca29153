import type { ComponentChildren } from 'preact';

/** A sentence about something that went wrong, or that is worth knowing; screen readers hear of it at once. */
export function Message({ kind, children }: { kind: 'problem' | 'note'; children: ComponentChildren }) {
  return (
    <p class={`message ${kind}`} role={kind === 'problem' ? 'alert' : 'status'}>
      {children}
    </p>
  );
}
