import { type Palette, sans } from '../../scripts/picture/palette.ts';
import { type Attributes, element, group, type Markup } from '../../scripts/picture/svg.ts';
import type { BarGroup, BarSection } from './bars.ts';

/** What the picture says of where it was measured. */
export interface Chart {
  readonly sections: readonly BarSection[];
  readonly footnotes: readonly string[];
}

const width = 900;
const fontSize = 17;
/** Where the labels of what is compared with end, and bars begin. */
const start = 385;
/** As long as the other's time is. */
const whole = 400;
/** Bars end here, however much longer trilu takes. */
const most = 1.15;
/** Where the numbers stand. */
const numbers = start + whole * most + 12;
const bar = { height: 11, pitch: 15 } as const;
/** Room between comparisons, and between pieces of work. */
const gap = { groups: 9, sections: 18 } as const;

/**
 * Bars of trilu's time as a share of others' time: the line is where both take as long, and what is short is fast. The upper bar of
 * two is one thread, the lower two threads.
 */
export function chart({ sections, footnotes }: Chart, palette: Palette): string {
  const parts: Markup[] = [];
  const top = 62;
  let y = top;
  for (const { title, subtitle, groups } of sections) {
    parts.push(text({ x: 6, y: y + 14, fill: palette.text, 'font-weight': 600 }, title));
    parts.push(text({ x: 6, y: y + 35, fill: palette.quiet }, subtitle));
    const begun = y;
    for (const one of groups) {
      parts.push(...bars(one, y, palette));
      y += Math.max(one.bars.length * bar.pitch, 20) + gap.groups;
    }
    y = Math.max(y, begun + 44) + gap.sections;
  }
  const bottom = y - gap.sections;
  const line = { stroke: palette.text, 'stroke-width': 1.4, 'stroke-dasharray': '3 4' };
  const head = [
    text({ x: 6, y: 22, fill: palette.text, 'font-size': 20, 'font-weight': 600 }, "trilu's time as a share of theirs"),
    text({ x: start + whole, y: 48, fill: palette.quiet, 'text-anchor': 'middle' }, 'their time'),
    text({ x: start, y: 48, fill: palette.quiet }, 'shorter is faster'),
    element('path', { d: `M${start + whole} ${top - 8}V${bottom}`, ...line }),
  ];
  const notes = footnotes.map((line, index) =>
    text({ x: 6, y: bottom + 30 + 20 * index, fill: palette.quiet, 'font-size': 14 }, line),
  );
  const root = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${bottom + 20 + 20 * footnotes.length}`,
      role: 'img',
      'font-family': sans,
    },
    element('title', {}, "trilu's time as a share of the time of other tools; below 1, trilu is faster"),
    group({}, ...parts, ...head, ...notes),
  );
  return `${root.source}\n`;
}

function bars({ label, bars: all }: BarGroup, y: number, palette: Palette): Markup[] {
  const height = Math.max(all.length * bar.pitch, 20);
  const first = y + (height - all.length * bar.pitch) / 2;
  const middle = y + height / 2 + 6;
  return [
    text({ x: start - 14, y: middle, fill: palette.text, 'text-anchor': 'end' }, label),
    ...all.flatMap(({ threads, ratio }, index) => {
      const top = first + index * bar.pitch + (bar.pitch - bar.height) / 2;
      const end = start + whole * Math.min(ratio, most);
      const place = { x: start, y: top, height: bar.height, rx: 2 };
      const title = `${ratio.toFixed(2)} of ${label}'s time${threads === undefined ? '' : `, threads: ${threads}`}`;
      return [
        element('rect', { ...place, width: whole, fill: palette.empty }),
        element(
          'rect',
          { ...place, width: end - start, fill: ratio <= 1 ? palette.weights : palette.scores, class: 'ratio' },
          element('title', {}, title),
        ),
        text({ x: numbers, y: top + bar.height - 0.5, fill: palette.text, 'font-size': 13 }, ratio.toFixed(2)),
      ];
    }),
  ];
}

function text(attributes: Attributes, content: string): Markup {
  return element('text', { 'font-size': fontSize, ...attributes }, content);
}
