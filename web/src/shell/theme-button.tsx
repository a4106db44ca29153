import { nextTheme, type Theme, theme } from '../theme.ts';

const labels: Readonly<Record<Theme, string>> = {
  system: 'Colours: system',
  light: 'Colours: light',
  dark: 'Colours: dark',
};
const signs: Readonly<Record<Theme, string>> = { system: '◐', light: '○', dark: '●' };

/** Light, dark, or as the system has it. */
export function ThemeButton() {
  const label = labels[theme.value];
  return (
    <button type="button" class="theme" aria-label={label} title={label} onClick={nextTheme}>
      <span aria-hidden="true">{signs[theme.value]}</span>
    </button>
  );
}
