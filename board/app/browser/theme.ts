import { effect, signal } from '@preact/signals';

const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
const KEY = 'meshgate-theme';

const stored = (): Theme => {
  try {
    return THEMES.find((known) => known === localStorage.getItem(KEY)) ?? 'system';
  } catch {
    // A browser that keeps nothing: the choice lasts as long as the page.
    return 'system';
  }
};

/** What this person chose; `system` follows the machine. */
export const theme = signal<Theme>(stored());

effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // As above.
  }
});

export const nextTheme = (now: Theme): Theme => THEMES[(THEMES.indexOf(now) + 1) % THEMES.length] ?? 'system';
