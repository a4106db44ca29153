import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { SceneItem } from './protocol.ts';
import { goTo, itemsById, select, selected, shown, toggle } from './state.ts';

const rowHeight = 30;
/** Rows beyond what is seen, above and below. */
const spare = 12;
const none: readonly SceneItem[] = [];

/** The same as the picture, as a tree: for keyboards and screen readers, and for whoever likes lists. */
export function Outline() {
  const items = shown.value?.scene.items ?? none;
  const list = useRef<HTMLDivElement>(null);
  const view = useSignal({ top: 0, height: 600 });
  const active = Math.max(
    0,
    items.findIndex(({ id }) => id === selected.value),
  );
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null || selected.value === undefined) return;
    const top = active * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + rowHeight - element.clientHeight;
    }
  }, [active, items]);
  const look = (): void => {
    const element = list.current;
    if (element === null) return;
    const { scrollTop: top, clientHeight: height } = element;
    if (top !== view.peek().top || height !== view.peek().height) view.value = { top, height };
  };
  useLayoutEffect(look, [items]);
  const first = Math.max(0, Math.floor(view.value.top / rowHeight) - spare);
  const rows = items.slice(first, Math.ceil((view.value.top + view.value.height) / rowHeight) + spare);
  const current = items[active];
  return (
    <section class="outline" aria-labelledby="inside-outline">
      <h2 id="inside-outline">Outline</h2>
      <div
        ref={list}
        class="tree"
        role="tree"
        tabIndex={0}
        aria-labelledby="inside-outline"
        {...(current === undefined ? {} : { 'aria-activedescendant': rowId(current) })}
        onKeyDown={(event) => onKeyDown(event, items, active)}
        onClick={(event) => {
          const row = event.target instanceof Element ? event.target.closest('[data-item]') : null;
          const item = itemsById.peek().get(Number(row?.getAttribute('data-item') ?? -1));
          if (item !== undefined) choose(item);
        }}
        onScroll={look}
      >
        <div role="none" style={{ height: `${items.length * rowHeight}px`, paddingTop: `${first * rowHeight}px` }}>
          {rows.map((item) => (
            <Row key={item.id} {...item} />
          ))}
          {current !== undefined && !rows.includes(current) && <Row {...current} isAside />}
        </div>
      </div>
    </section>
  );
}

function Row({ isAside = false, ...item }: SceneItem & { isAside?: boolean }) {
  const { id, level, position, siblings, title, notes, isOpen, family, kind } = item;
  return (
    <div
      id={rowId(item)}
      class={`row${isAside ? ' hidden' : ''}`}
      role="treeitem"
      tabIndex={-1}
      data-item={id}
      aria-level={level}
      aria-posinset={position}
      aria-setsize={siblings}
      aria-selected={selected.value === id}
      {...(isOpen === undefined ? {} : { 'aria-expanded': isOpen })}
      style={{ paddingLeft: `${Math.min(level, 9) * 0.75}rem` }}
    >
      <span class="sign" aria-hidden="true">
        {isOpen === undefined ? '' : isOpen ? '−' : '+'}
      </span>
      <span class="dot" data-family={family} data-kind={kind} aria-hidden="true" />
      <span class="words">
        {title} <span class="quiet">{notes.join(' · ')}</span>
      </span>
    </div>
  );
}

function rowId({ id }: SceneItem): string {
  return `inside-row-${id}`;
}

function choose(item: SceneItem): void {
  if (item.isOpen === undefined) void goTo({ item: item.id, label: item.title, path: [] });
  else {
    select(item.id);
    void toggle(item.id);
  }
}

/** The keys of a tree, as everywhere. */
function onKeyDown(event: KeyboardEvent, items: readonly SceneItem[], active: number): void {
  const item = items[active];
  if (item === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const show = (index: number): void => {
    const wanted = items[Math.min(items.length - 1, Math.max(0, index))];
    if (wanted !== undefined) void goTo({ item: wanted.id, label: wanted.title, path: [] });
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => show(selected.peek() === undefined ? 0 : active + 1),
    ArrowUp: () => show(active - 1),
    Home: () => show(0),
    End: () => show(items.length - 1),
    PageDown: () => show(active + 10),
    PageUp: () => show(active - 10),
    ArrowRight: () => {
      if (item.isOpen === false) void toggle(item.id);
      else if (item.isOpen === true) show(active + 1);
    },
    ArrowLeft: () => {
      const parent = itemsById.peek().get(item.parent);
      if (item.isOpen === true) void toggle(item.id);
      else if (parent !== undefined) show(items.indexOf(parent));
    },
    Enter: () => choose(item),
    ' ': () => choose(item),
  };
  const act = keys[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
}
