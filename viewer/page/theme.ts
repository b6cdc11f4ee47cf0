/** Light or dark: what the system prefers, unless the user has chosen otherwise. */
type Theme = 'light' | 'dark';

const KEY = 'graft-theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<(dark: boolean) => void>();

/** The user's choice; undefined follows the system. Storage may be denied. */
function chosen(): Theme | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : undefined;
  } catch {
    return undefined;
  }
}

function choose(theme: Theme): void {
  try {
    const ofSystem = theme === (system.matches ? 'dark' : 'light');
    if (ofSystem) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // the choice then lasts as long as the page
  }
  apply(theme);
}

let current: Theme | undefined;

function apply(theme: Theme | undefined): void {
  current = theme;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const listener of listeners) listener(isDark());
}

/** Whether dark colours are shown. */
const isDark = (): boolean => (current ? current === 'dark' : system.matches);

apply(chosen());
system.addEventListener('change', () => apply(chosen()));

/** Calls back now and whenever the colours change. */
export function onTheme(listener: (dark: boolean) => void): void {
  listeners.add(listener);
  listener(isDark());
}

/** Makes a button switch between light and dark. */
export function themeButton(button: HTMLElement): void {
  onTheme((dark) => {
    button.textContent = dark ? 'Light' : 'Dark';
    button.setAttribute('aria-label', dark ? 'Switch to light colours' : 'Switch to dark colours');
  });
  button.addEventListener('click', () => choose(isDark() ? 'light' : 'dark'));
}
