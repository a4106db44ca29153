/** SVG as text: elements with escaped attributes and text. */

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A piece of SVG that is written as it stands. */
export class Markup {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

export type Attributes = Readonly<Record<string, string | number>>;

/** One element. Strings among its children are text. */
export function element(name: string, attributes: Attributes, ...children: readonly (Markup | string)[]): Markup {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(shortened(value))}"`);
  const inside = children.map((child) => (child instanceof Markup ? child.source : escaped(child))).join('');
  return new Markup(
    inside === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${inside}</${name}>`,
  );
}

/** Elements that share attributes, each on a line of its own. */
export function group(attributes: Attributes, ...children: readonly Markup[]): Markup {
  return element('g', attributes, new Markup(`\n${children.map(({ source }) => source).join('\n')}\n`));
}

/** Hundredths are finer than any screen shows. */
function shortened(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => escapes[character] ?? character);
}
