import type { Matrix } from './attention-matrices.ts';
import { mono, type Palette } from './palette.ts';
import { element, group, type Markup } from './svg.ts';

/** The side of a map without its axes, in the picture's units. */
export const side = 168;
/** Room for the characters before the rows and above the columns. */
export const axis = 22;

const hatching = 'hatching';

/** How a cell of −∞ is filled. Every picture with such cells must have it. */
export function hatchingPattern(palette: Palette): Markup {
  const square = { id: hatching, width: 5, height: 5, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' };
  return element(
    'pattern',
    square,
    element('rect', { width: 5, height: 5, fill: palette.empty }),
    element('rect', { width: 1, height: 5, fill: palette.line }),
  );
}

export interface HeatMap {
  /** The operator whose output is shown. */
  readonly operator: string;
  readonly caption: readonly string[];
  readonly matrix: Matrix;
  /** The colour of a cell, and how much of it from 0 to 1; undefined for a cell that holds nothing. */
  readonly ink: (value: number, palette: Palette) => { readonly color: string; readonly share: number } | undefined;
  /** What stands in the empty corner. */
  readonly corner: string;
}

/** A map with its characters on both axes, and its name below. The origin is the upper left corner of the axes. */
export function heatMap(map: HeatMap, characters: readonly string[], palette: Palette): Markup {
  const cell = side / characters.length;
  const middle = axis + side / 2;
  const at = (index: number): number => axis + (index + 0.5) * cell;
  const columns = characters.map((shown, index) => character(shown, at(index), axis - 7, palette));
  const rows = characters.map((shown, index) => character(shown, axis - 11, at(index) + 5, palette));
  const caption = map.caption.map((line, index) =>
    element('text', { x: middle, y: axis + side + 53 + index * 22, fill: palette.quiet, 'font-size': 17 }, line),
  );
  const name = { x: middle, y: axis + side + 29, fill: palette.text, 'font-size': 20, 'font-weight': 600 };
  const corner = { x: axis + side * 0.8, y: axis + side * 0.26, 'font-size': 22, 'font-weight': 600 };
  return group(
    { 'text-anchor': 'middle' },
    ...columns,
    ...rows,
    ...map.matrix.flatMap((row, y) => row.map((value, x) => square(map, value, x, y, cell, palette))),
    element('text', { ...corner, fill: palette.quiet }, map.corner),
    element('text', { ...name, 'font-family': mono }, map.operator),
    ...caption,
  );
}

/** One value. Its title shows it to whoever opens the picture by itself and points there. */
function square(
  { ink, operator }: HeatMap,
  value: number,
  x: number,
  y: number,
  cell: number,
  palette: Palette,
): Markup {
  const inked = ink(value, palette);
  const place = { x: axis + x * cell + 0.75, y: axis + y * cell + 0.75, width: cell - 1.5, height: cell - 1.5, rx: 2 };
  const paint =
    inked === undefined
      ? { fill: value < 0 ? `url(#${hatching})` : palette.empty }
      : { fill: inked.color, 'fill-opacity': 0.06 + 0.94 * inked.share };
  const title = value === Number.NEGATIVE_INFINITY ? '−∞' : String(Number(value.toPrecision(4)));
  return element('rect', { ...place, ...paint, class: operator }, element('title', {}, title));
}

/** A character of the text. The space is drawn, because not every font has a sign for it. */
function character(shown: string, x: number, y: number, palette: Palette): Markup {
  if (shown !== ' ') return element('text', { x, y, fill: palette.text, 'font-size': 17, 'font-family': mono }, shown);
  const d = `M${x - 4.5} ${y - 3.5}v4h9v-4`;
  return element('path', { d, fill: 'none', stroke: palette.quiet, 'stroke-width': 1.4 });
}
