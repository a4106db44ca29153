/**
 * Dimensions are numbers or symbols, and what arithmetic makes of them stays exact: a sum or product of symbols is a polynomial,
 * kept as its canonical text (`past + time`, `batch*time`), so that two dimensions are equal exactly when they are `===`.
 */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

/** Monomial (its symbols sorted, joined by `*`; '' for the constant term) → integer coefficient. */
type Polynomial = Map<string, number>;

const symbolPattern = /^[A-Za-z_][A-Za-z0-9_.]*$/;

/** Whether a text may be used as the name of a dimension. */
export function isSymbol(text: string): boolean {
  return symbolPattern.test(text);
}

function parse(dimension: Dimension): Polynomial {
  if (typeof dimension === 'number') return new Map(dimension === 0 ? [] : [['', dimension]]);
  const polynomial: Polynomial = new Map();
  for (const [, sign, term] of dimension.matchAll(/(?:^|\s*([+-])\s*)([^\s]+)/g)) {
    const factors = (term ?? '').split('*');
    const coefficient = /^\d+$/.test(factors[0] ?? '') ? Number(factors.shift()) : 1;
    if (coefficient !== 0) polynomial.set(factors.join('*'), sign === '-' ? -coefficient : coefficient);
  }
  return polynomial;
}

function format(polynomial: Polynomial): Dimension {
  const terms = [...polynomial].filter(([, coefficient]) => coefficient !== 0);
  if (terms.every(([monomial]) => monomial === '')) return terms[0]?.[1] ?? 0;
  terms.sort(([left], [right]) => compareMonomials(right, left));
  return terms
    .map(([monomial, coefficient], index) => {
      const size = Math.abs(coefficient);
      const text = monomial === '' ? `${size}` : size === 1 ? monomial : `${size}*${monomial}`;
      if (index === 0) return coefficient < 0 ? `0 - ${text}` : text;
      return `${coefficient < 0 ? ' - ' : ' + '}${text}`;
    })
    .join('');
}

/** Graded order: by degree, then reversed alphabetically so that `past` is printed before `time`. */
function compareMonomials(left: string, right: string): number {
  const degree = (monomial: string): number => (monomial === '' ? 0 : monomial.split('*').length);
  return degree(left) - degree(right) || (left < right ? 1 : left > right ? -1 : 0);
}

function multiplyMonomials(left: string, right: string): string {
  return [...left.split('*'), ...right.split('*')]
    .filter((symbol) => symbol !== '')
    .sort()
    .join('*');
}

function divideMonomials(left: string, right: string): string | undefined {
  const rest = left === '' ? [] : left.split('*');
  for (const symbol of right === '' ? [] : right.split('*')) {
    const index = rest.indexOf(symbol);
    if (index < 0) return undefined;
    rest.splice(index, 1);
  }
  return rest.join('*');
}

function accumulate(into: Polynomial, monomial: string, coefficient: number): void {
  const sum = (into.get(monomial) ?? 0) + coefficient;
  if (sum === 0) into.delete(monomial);
  else into.set(monomial, sum);
}

/** The sum of two dimensions: `addDimensions('past', 'time')` is `past + time`. */
export function addDimensions(left: Dimension, right: Dimension): Dimension {
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  const sum = parse(left);
  for (const [monomial, coefficient] of parse(right)) accumulate(sum, monomial, coefficient);
  return format(sum);
}

/** The product of dimensions; of none, 1. */
export function multiplyDimensions(...dimensions: readonly Dimension[]): Dimension {
  return dimensions.reduce<Dimension>((left, right) => {
    if (typeof left === 'number' && typeof right === 'number') return left * right;
    const product: Polynomial = new Map();
    for (const [leftMonomial, leftCoefficient] of parse(left)) {
      for (const [rightMonomial, rightCoefficient] of parse(right)) {
        accumulate(product, multiplyMonomials(leftMonomial, rightMonomial), leftCoefficient * rightCoefficient);
      }
    }
    return format(product);
  }, 1);
}

/** The difference of two dimensions: `subtractDimensions('past + time', 'time')` is `past`. */
export function subtractDimensions(left: Dimension, right: Dimension): Dimension {
  return addDimensions(left, multiplyDimensions(right, -1));
}

/** The exact quotient, or undefined where the division leaves a rest. */
export function divideDimensions(dividend: Dimension, divisor: Dimension): Dimension | undefined {
  if (divisor === 0) return undefined;
  if (dividend === divisor) return 1;
  const rest = parse(dividend);
  const by = parse(divisor);
  const leading = (polynomial: Polynomial): [string, number] =>
    [...polynomial].reduce((best, term) => (compareMonomials(term[0], best[0]) > 0 ? term : best));
  const [byMonomial, byCoefficient] = leading(by);
  const quotient: Polynomial = new Map();
  while (rest.size > 0) {
    const [monomial, coefficient] = leading(rest);
    const factor = divideMonomials(monomial, byMonomial);
    if (factor === undefined || coefficient % byCoefficient !== 0) return undefined;
    accumulate(quotient, factor, coefficient / byCoefficient);
    for (const [term, size] of by) {
      accumulate(rest, multiplyMonomials(term, factor), (-size * coefficient) / byCoefficient);
    }
  }
  return format(quotient);
}

/** How a shape reads in messages: `(batch, time, 32)`. */
export function formatShape(shape: Shape): string {
  return `(${shape.join(', ')})`;
}

/** Whether two shapes are the same, dimension by dimension. */
export function sameShape(left: Shape, right: Shape): boolean {
  return left.length === right.length && left.every((dimension, axis) => dimension === right[axis]);
}

/**
 * The shape two operands broadcast to by ONNX's (numpy's) rule, or undefined where they don't.
 * A symbol broadcasts with itself and with 1 only: two different symbols are an error, not "unknown".
 */
export function broadcastShapes(left: Shape, right: Shape): Shape | undefined {
  const rank = Math.max(left.length, right.length);
  const shape: Dimension[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const a = left[axis - rank + left.length] ?? 1;
    const b = right[axis - rank + right.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1) return undefined;
    shape.push(a === 1 ? b : a);
  }
  return shape;
}

/** A shape without its last axis. */
export function withoutLast(shape: Shape): Shape {
  return shape.slice(0, -1);
}
