import { effect, signal } from '@preact/signals';

/** `system` follows the system's setting. */
export type Theme = 'system' | 'light' | 'dark';

const key = 'trilu.theme';
const themes: readonly Theme[] = ['system', 'light', 'dark'];

function stored(): Theme {
  try {
    const found = localStorage.getItem(key);
    return themes.find((theme) => theme === found) ?? 'system';
  } catch {
    return 'system'; // storage may be forbidden
  }
}

export const theme = signal<Theme>(stored());

/** Whether what is drawn by hand (curves) is to be drawn for a dark page. */
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
export const isDark = signal(systemIsDark.matches);

const update = (): void => {
  isDark.value = theme.value === 'system' ? systemIsDark.matches : theme.value === 'dark';
};
systemIsDark.addEventListener('change', update);

effect(() => {
  const { value } = theme;
  if (value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
  update();
  try {
    localStorage.setItem(key, value);
  } catch {
    // it will be asked again next time
  }
});

/** The next one in turn. */
export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'system';
}
