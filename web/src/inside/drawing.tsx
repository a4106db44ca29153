import { useComputed } from '@preact/signals';
import { isFar, nearby } from './camera.ts';
import type { Scene, SceneItem, SceneLine } from './protocol.ts';
import { itemsById, selected, shown } from './state.ts';

/** With more than this, only what is in view is drawn. */
const mostDrawn = 250;

/** Everything in the picture: open scopes, then lines, then boxes. */
export function Drawing() {
  const visible = useComputed(() => inView(shown.value?.scene));
  const { items, lines } = visible.value;
  return (
    <>
      {items.map((item) => item.isOpen === true && <OpenScope key={item.id} {...item} />)}
      {lines.map((line) => (
        <Line key={lineKey(line)} {...line} />
      ))}
      {items.map((item) => item.isOpen !== true && <Box key={item.id} {...item} />)}
      {!isFar.value && lines.map((line) => line.label !== '' && <LineLabel key={lineKey(line)} {...line} />)}
    </>
  );
}

/** What is selected, with the lines that lead to it and from it. */
export function Selection() {
  const item = itemsById.value.get(selected.value ?? -1);
  if (item === undefined) return null;
  const lines = (shown.value?.scene.lines ?? []).filter(({ from, to }) => from === item.id || to === item.id);
  const { x, y, width, height } = item;
  return (
    <g class="selection">
      {item.isOpen !== true && lines.map((line) => <path key={lineKey(line)} d={pathOf(line.points)} />)}
      <rect x={x - 3} y={y - 3} width={width + 6} height={height + 6} rx="9" />
    </g>
  );
}

/** The line itself, and a wider one over it that is easy to point at. */
function Line(line: SceneLine) {
  const path = pathOf(line.points);
  return (
    <>
      <path class="line" d={path} {...(line.arrives ? { 'marker-end': 'url(#inside-arrow)' } : {})} />
      <path class="grip" d={path} data-line={lineKey(line)} />
    </>
  );
}

function LineLabel({ label, labelX, labelY }: SceneLine) {
  return (
    <text class="label" x={labelX} y={labelY + 3}>
      {label}
    </text>
  );
}

function OpenScope({ id, x, y, width, height, title, notes, family }: SceneItem) {
  return (
    <g class="open" data-item={id} data-family={family}>
      <rect class="ground" x={x} y={y} width={width} height={height} rx="8" />
      <rect class="handle" x={x} y={y} width={width} height="30" rx="8" />
      <text class="title" x={x + 14} y={y + 20}>
        {'− '}
        {title}
        <tspan class="note" dx="8">
          {notes[0]}
        </tspan>
      </text>
    </g>
  );
}

function Box({ id, kind, x, y, width, height, title, notes, family, isOpen }: SceneItem) {
  const middle = x + width / 2;
  return (
    <g class={`box ${kind}`} data-item={id} data-family={family}>
      {isOpen === false && <rect class="behind" x={x + 4} y={y + 4} width={width} height={height} rx="6" />}
      <rect x={x} y={y} width={width} height={height} rx={kind === 'input' || kind === 'output' ? height / 2 : 6} />
      <text class="title" x={middle} y={y + 20}>
        {isOpen === false ? '+ ' : ''}
        {title}
      </text>
      {notes.map((note, index) => (
        <text key={note} class="note" x={middle} y={y + 36 + index * 15}>
          {note}
        </text>
      ))}
    </g>
  );
}

function inView(scene: Scene | undefined): Pick<Scene, 'items' | 'lines'> {
  if (scene === undefined) return { items: [], lines: [] };
  if (scene.items.length <= mostDrawn) return scene;
  const { x, y, width, height } = nearby.value;
  const reaches = (left: number, top: number, right: number, bottom: number): boolean =>
    right >= x && left <= x + width && bottom >= y && top <= y + height;
  return {
    items: scene.items.filter((item) => reaches(item.x, item.y, item.x + item.width, item.y + item.height)),
    lines: scene.lines.filter(({ points }) => {
      let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let index = 0; index + 1 < points.length; index += 2) {
        const [across = 0, down = 0] = [points[index], points[index + 1]];
        left = Math.min(left, across);
        right = Math.max(right, across);
        top = Math.min(top, down);
        bottom = Math.max(bottom, down);
      }
      return reaches(left, top, right, bottom);
    }),
  };
}

/** Tells a line from all others of its picture. */
export function lineKey({ scope, from, to, points }: SceneLine): string {
  return `${scope} ${from} ${to} ${points.length} ${points[0]} ${points[1]}`;
}

/** Points as a smooth line: it bends at each of them, and passes through the middle between two. */
function pathOf(points: readonly number[]): string {
  const at = (index: number): readonly [number, number] => [points[2 * index] ?? 0, points[2 * index + 1] ?? 0];
  const last = points.length / 2 - 1;
  const [startX, startY] = at(0);
  let path = `M${startX} ${startY}`;
  for (let index = 1; index < last; index += 1) {
    const [x, y] = at(index);
    const [nextX, nextY] = at(index + 1);
    path += index + 1 === last ? `Q${x} ${y} ${nextX} ${nextY}` : `Q${x} ${y} ${(x + nextX) / 2} ${(y + nextY) / 2}`;
  }
  if (last > 1) return path;
  const [endX, endY] = at(last);
  return `${path}L${endX} ${endY}`;
}
