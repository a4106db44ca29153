import { type ProgramName, programNames } from '../../src/programs/index.ts';
import type { Matrix } from './attention-matrices.ts';
import { axis, type HeatMap, hatchingPattern, heatMap, side } from './heat-map.ts';
import { count, type LossCurve, lossCurve } from './loss-curve.ts';
import { mono, type Palette, sans } from './palette.ts';
import { element, group, type Markup } from './svg.ts';

export interface Picture {
  readonly characters: readonly string[];
  readonly visible: Matrix;
  /** What goes into a head's Softmax. */
  readonly scores: Matrix;
  /** What comes out of it. */
  readonly weights: Matrix;
  /** What comes out of another head's. */
  readonly otherWeights: Matrix;
  readonly parameters: number;
  readonly model: string;
  readonly curve: Omit<LossCurve, 'title'>;
}

const width = 900;
const height = 548;
/** From one map to the next. */
const pitch = (width - 2 * 6 - axis - side) / 3;

/** The whole picture as an SVG file. */
export function drawing(picture: Picture, palette: Palette): string {
  const { characters, model, parameters } = picture;
  const maps = mapsOf(picture).map((map, index) =>
    group({ transform: `translate(${6 + index * pitch} 2)` }, heatMap(map, characters, palette)),
  );
  const arrows = [1, 2].map((index) => arrow(6 + index * pitch, palette));
  const title = `${model}, ${count(parameters)} parameters: loss`;
  const root = element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, role: 'img', 'font-family': sans },
    element('title', {}, 'Trilu, Where and Softmax of a trained model, and its loss curve'),
    hatchingPattern(palette),
    group(
      {},
      ...maps,
      ...arrows,
      group({ transform: 'translate(6 318)' }, lossCurve({ title, ...picture.curve }, palette)),
      group({ transform: 'translate(508 318)' }, programList(palette)),
    ),
  );
  return `${root.source}\n`;
}

function mapsOf({ visible, scores, weights, otherWeights }: Picture): readonly HeatMap[] {
  const finite = scores.flat().filter(Number.isFinite);
  const [lowest, highest] = [Math.min(...finite), Math.max(...finite)];
  // A square root, so that small weights can be told from none.
  const weightInk: HeatMap['ink'] = (value, { weights: color }) =>
    value > 0 ? { color, share: Math.sqrt(value) } : undefined;
  return [
    {
      operator: 'Trilu',
      caption: ['rows look at columns,', 'never ahead'],
      matrix: visible,
      ink: (value, { ones: color }) => (value > 0 ? { color, share: 0.8 } : undefined),
      corner: '0',
    },
    {
      operator: 'Where',
      caption: ['scores of a trained head;', 'the future is −∞'],
      matrix: scores,
      // From the lowest score to the highest: Softmax sees differences only, so 0 means nothing here.
      ink: (value, { scores: color }) =>
        Number.isFinite(value) ? { color, share: (value - lowest) / (highest - lowest || 1) } : undefined,
      corner: '−∞',
    },
    {
      operator: 'Softmax',
      caption: ['its weights:', 'each row sums to 1'],
      matrix: weights,
      ink: weightInk,
      corner: '0',
    },
    {
      operator: 'Softmax',
      caption: ['another head', 'looks elsewhere'],
      matrix: otherWeights,
      ink: weightInk,
      corner: '0',
    },
  ];
}

/** From the map before to the one whose axes begin at `x`. */
function arrow(x: number, palette: Palette): Markup {
  const y = 2 + axis + side / 2;
  const [from, to] = [x - (pitch - axis - side) + 8, x - 4];
  const d = `M${from} ${y}H${to}M${to - 6} ${y - 5}L${to} ${y}L${to - 6} ${y + 5}`;
  const stroke = { stroke: palette.quiet, 'stroke-width': 1.6, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' };
  return element('path', { d, fill: 'none', ...stroke });
}

/** What each program gives, in as few words as will do. */
const gifts: Readonly<Record<ProgramName, string>> = {
  forward: 'what may come next',
  decode: 'the same, with a cache',
  generate: 'whole passages',
  evaluate: 'the loss',
  train: 'gradients and AdamW',
};

/** One definition, the files made of it, and the devices they run on. */
function programList(palette: Palette): Markup {
  const line = 27;
  const row = (index: number): number => 16 + index * line;
  const file = { 'font-size': 17, 'font-family': mono, fill: palette.text };
  const words = { x: 182, 'font-size': 17, fill: palette.quiet };
  const branch = { fill: 'none', stroke: palette.line, 'stroke-width': 1.5 };
  const programs = programNames.flatMap((name, index) => [
    element('path', { d: `M6 ${row(index) + (index === 0 ? 8 : -5)}V${row(index + 1) - 5}H19`, ...branch }),
    element('text', { x: 26, y: row(index + 1), ...file }, `${name}.onnx`),
    element('text', { y: row(index + 1), ...words }, gifts[name]),
  ]);
  const end = row(programNames.length + 1) + 12;
  return group(
    {},
    element('text', { x: 0, y: row(0), ...file }, 'models/gpt.ts'),
    element('text', { y: row(0), ...words }, 'one definition'),
    ...programs,
    element('text', { ...words, x: 0, y: end }, 'in Node and the browser, and in any ONNX tool'),
  );
}
