import { signal } from '@preact/signals';

/** The views by the words that stand behind # in the address. */
export const viewNames = ['mask', 'write', 'train', 'inside'] as const;

export type ViewName = (typeof viewNames)[number];

export interface Route {
  readonly view: ViewName;
  /** What the view is to begin with: `#write?model=run-3` gives `model`. */
  readonly parameters: URLSearchParams;
}

function routeOf(hash: string): Route {
  const [name = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const view = viewNames.find((known) => known === name) ?? 'mask';
  return { view, parameters: new URLSearchParams(query) };
}

/** Where the page is. */
export const route = signal(routeOf(location.hash));

addEventListener('hashchange', () => {
  route.value = routeOf(location.hash);
});

/** The address of a view. */
export function hrefOf(view: ViewName, parameters: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(parameters).toString();
  return query === '' ? `#${view}` : `#${view}?${query}`;
}
