/** A number as a line of text has it: four significant digits, −∞ where it is that. */
export function readableNumber(value: number): string {
  if (!Number.isFinite(value)) return unusual(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return inPowers(value);
  return signed(String(Number(value.toPrecision(4))));
}

/** A number as a small cell has it: at most four characters and a sign. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return unusual(value);
  const size = Math.abs(value);
  if (size >= 1e4) return inPowers(value);
  const digits = Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return signed(value.toFixed(digits));
}

/** How wide the widest of some numbers is as `shortNumber` writes them, about, in the size of the letters. */
export function widestNumber(values: ArrayLike<number> | undefined): number {
  let widest = 0;
  for (let index = 0; index < (values?.length ?? 0); index++) {
    const text = shortNumber(values?.[index] ?? 0);
    const width = [...text].reduce((sum, sign) => sum + (widths[sign] ?? digitWidth), 0);
    if (width > widest) widest = width;
  }
  return Number(widest.toFixed(2));
}

const digitWidth = 0.64;
const widths: Readonly<Record<string, number>> = { '.': 0.32, '−': 0.84, '∞': 0.84 };

function inPowers(value: number): string {
  const [digits = '', exponent = ''] = value.toExponential(1).split('e');
  const raised = [...String(Number(exponent))].map((sign) => superscripts[sign] ?? sign).join('');
  return signed(`${digits} × 10${raised}`);
}

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
};

function unusual(value: number): string {
  if (Number.isNaN(value)) return 'not a number';
  return value < 0 ? '−∞' : '∞';
}

/** With a minus sign, and none before a zero. */
function signed(text: string): string {
  return /^-0(\.0+)?$/.test(text) ? text.slice(1) : text.replace('-', '−');
}
