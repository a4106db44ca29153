import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { centre, isFar, isInView, keep, pan, showWhole, start, transform, windowSize, zoom } from './camera.ts';
import { Drawing, lineKey, Selection } from './drawing.tsx';
import { Legend } from './legend.tsx';
import type { SceneItem } from './protocol.ts';
import { itemsById, type Shown, select, selected, shown, startAgain, toggle } from './state.ts';

/** Pixels that a finger may slip while it taps. */
const slip = 5;
const panStep = 60;
const zoomStep = 1.25;

/** The graph, to be moved, made larger and opened. */
export function Picture() {
  const place = useRef<HTMLDivElement>(null);
  useSize(place);
  useMoves();
  useWheel(place);
  const { isDragging, ...pointers } = usePointers();
  const tip = useSignal<Tip | undefined>(undefined);
  const scene = shown.value?.scene;
  const boxes = scene?.items.filter(({ isOpen }) => isOpen !== true).length ?? 0;
  return (
    <section class="picture-part" aria-label="Picture">
      <div
        ref={place}
        class={`picture${isDragging.value ? ' dragging' : ''}`}
        role="application"
        aria-label="Picture of the graph. Arrow keys move it, plus and minus zoom, 0 shows all of it, Enter opens or closes the chosen box."
        onKeyDown={onKeyDown}
        onPointerOver={(event) => {
          tip.value = tipFor(event);
        }}
        onPointerLeave={() => {
          tip.value = undefined;
        }}
        {...pointers}
      >
        <svg role="img" aria-label={`${boxes} boxes; the outline lists the same.`} class={isFar.value ? 'far' : ''}>
          <defs>
            <marker
              id="inside-arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
            >
              <path d="M0 0.8L7.5 4L0 7.2z" />
            </marker>
          </defs>
          <g transform={transform}>
            <Drawing />
            <Selection />
          </g>
        </svg>
        {tip.value !== undefined && !isDragging.value && (
          <p class="tip" aria-hidden="true" style={tip.value.style}>
            {tip.value.text}
          </p>
        )}
        <Buttons />
      </div>
      <Legend />
    </section>
  );
}

interface Tip {
  readonly text: string;
  readonly style: { readonly left: string; readonly top: string };
}

/** The values of the line that is pointed at. */
function tipFor({ target, currentTarget, clientX, clientY }: PointerEvent): Tip | undefined {
  if (!(target instanceof Element) || !(currentTarget instanceof Element)) return undefined;
  const key = target.getAttribute('data-line');
  const line = key === null ? undefined : shown.peek()?.scene.lines.find((one) => lineKey(one) === key);
  if (line === undefined) return undefined;
  const { values, count } = line;
  const { left, top } = currentTarget.getBoundingClientRect();
  return {
    text: [...values, ...(count > values.length ? [`and ${count - values.length} more`] : [])].join('\n'),
    style: {
      left: `${Math.max(0, Math.min(clientX - left + 12, windowSize.peek().width - 240))}px`,
      top: `${clientY - top + 14}px`,
    },
  };
}

function Buttons() {
  return (
    <fieldset class="picture-buttons" aria-label="Move the picture">
      <button type="button" aria-label="Larger" title="Larger" onClick={() => zoom(zoomStep)}>
        +
      </button>
      <button type="button" aria-label="Smaller" title="Smaller" onClick={() => zoom(1 / zoomStep)}>
        −
      </button>
      <button type="button" onClick={fitAll}>
        Fit
      </button>
      <button type="button" onClick={() => void startAgain()}>
        Reset
      </button>
    </fieldset>
  );
}

function fitAll(): void {
  const scene = shown.peek()?.scene;
  if (scene !== undefined) showWhole(scene);
}

/** Chooses a box; one with something in it opens or closes. */
function press(item: SceneItem): void {
  select(item.id);
  if (item.isOpen !== undefined) void toggle(item.id);
}

const keys: Readonly<Record<string, () => void>> = {
  ArrowLeft: () => pan(panStep, 0),
  ArrowRight: () => pan(-panStep, 0),
  ArrowUp: () => pan(0, panStep),
  ArrowDown: () => pan(0, -panStep),
  '+': () => zoom(zoomStep),
  '=': () => zoom(zoomStep),
  '-': () => zoom(1 / zoomStep),
  '0': fitAll,
  Escape: () => select(undefined),
  Enter: () => {
    const item = itemsById.peek().get(selected.peek() ?? -1);
    if (item?.isOpen !== undefined) void toggle(item.id);
  },
};

function onKeyDown(event: KeyboardEvent): void {
  const act = keys[event.key];
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || act === undefined)
    return;
  event.preventDefault();
  act();
}

function useSize(place: { readonly current: HTMLDivElement | null }): void {
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    // It is moved by keys.
    element.tabIndex = 0;
    const measure = (): void => {
      windowSize.value = { width: element.clientWidth, height: element.clientHeight };
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
}

/** Moves as each new picture wants it. */
function useMoves(): void {
  const before = useRef<Shown | undefined>(undefined);
  const now = shown.value;
  useLayoutEffect(() => {
    if (now === undefined || now === before.current) return;
    const old = before.current?.scene.items;
    before.current = now;
    const { move, scene } = now;
    if (move.to === 'start') {
      start(scene, scene.items[0]);
      return;
    }
    const item = scene.items.find(({ id }) => id === move.item);
    const was = old?.find(({ id }) => id === move.item);
    if (item !== undefined && move.to === 'middle') {
      if (!isInView(item)) centre(item);
    } else if (item !== undefined && was !== undefined) keep(was, item);
  }, [now]);
}

/** Zooms with Ctrl and the wheel, which is also what a pinch on a touchpad sends; without, the page scrolls. */
function useWheel(place: { readonly current: HTMLDivElement | null }): void {
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY * (event.deltaMode === 0 ? 0.006 : 0.12)), event.clientX - left, event.clientY - top);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);
}

/** Drags with one pointer, pinches with two, and presses boxes. */
function usePointers() {
  const isDragging = useSignal(false);
  const down = useRef(new Map<number, { x: number; y: number }>());
  const travelled = useRef(0);
  return {
    isDragging,
    onPointerDown(event: PointerEvent): void {
      if (event.button !== 0 || (event.target instanceof Element && event.target.closest('button') !== null)) return;
      if (down.current.size === 0) travelled.current = 0;
      down.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    },
    onPointerMove(event: PointerEvent): void {
      const before = down.current.get(event.pointerId);
      if (before === undefined || !(event.currentTarget instanceof Element)) return;
      const [x, y] = [event.clientX - before.x, event.clientY - before.y];
      travelled.current += Math.hypot(x, y);
      if (travelled.current < slip) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      isDragging.value = true;
      const [other] = [...down.current].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      if (other === undefined) pan(x, y);
      else {
        const { left, top } = event.currentTarget.getBoundingClientRect();
        const far = Math.hypot(event.clientX - other.x, event.clientY - other.y);
        const was = Math.hypot(before.x - other.x, before.y - other.y);
        zoom(far / Math.max(1, was), (other.x + event.clientX) / 2 - left, (other.y + event.clientY) / 2 - top);
      }
      down.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    },
    onPointerUp(event: PointerEvent): void {
      const wasDown = down.current.delete(event.pointerId);
      isDragging.value = false;
      if (!wasDown || travelled.current >= slip || !(event.target instanceof Element)) return;
      const pressed = event.target.closest('[data-item]')?.getAttribute('data-item');
      const item = pressed == null ? undefined : itemsById.peek().get(Number(pressed));
      if (item === undefined) select(undefined);
      // The ground of an open scope is there to be dragged; its title closes it.
      else if (item.isOpen !== true || event.target.closest('.handle, .title') !== null) press(item);
    },
    onPointerCancel(event: PointerEvent): void {
      down.current.delete(event.pointerId);
      isDragging.value = false;
    },
  };
}
