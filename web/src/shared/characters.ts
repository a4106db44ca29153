/** Characters that can't be seen, as they are shown where one stands alone. */
const signs: Readonly<Record<string, string>> = { ' ': '␣', '\n': '⏎', '\t': '⇥', '\r': '␍' };

/** A character so that it can be seen. */
export function visible(character: string): string {
  return signs[character] ?? character;
}

/** The characters of a text: its code points. */
export function charactersOf(text: string): string[] {
  return Array.from(text);
}

/** A share as a percentage: 12 %, 0.3 %. */
export function percent(share: number): string {
  const hundredths = share * 100;
  if (hundredths > 0 && hundredths < 0.1) return '< 0.1 %';
  return `${hundredths < 10 ? hundredths.toFixed(1) : hundredths.toFixed(0)} %`;
}
