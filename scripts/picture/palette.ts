/** Colours for a light or a dark page; the background is the page's own. */
export interface Palette {
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  /** A cell that holds nothing. */
  readonly empty: string;
  readonly ones: string;
  readonly scores: string;
  readonly weights: string;
}

export const light: Palette = {
  text: '#1f2328',
  quiet: '#59636e',
  line: '#c8d1da',
  empty: '#f1f4f7',
  ones: '#6e7a86',
  scores: '#b8560f',
  weights: '#0a58ca',
};

export const dark: Palette = {
  text: '#f0f3f6',
  quiet: '#a3adb8',
  line: '#4a525c',
  empty: '#20262e',
  ones: '#8b96a3',
  scores: '#f0944d',
  weights: '#6cb2ff',
};

export const sans: string =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif";
export const mono: string = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace";
