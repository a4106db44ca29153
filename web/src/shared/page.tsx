import type { ComponentChildren } from 'preact';

/** A view: its title, what it is for in a sentence or two, and its parts. */
export function Page({
  title,
  lead,
  children,
}: {
  title: string;
  lead: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <article class="page">
      <h1>{title}</h1>
      <p class="lead">{lead}</p>
      {children}
    </article>
  );
}
