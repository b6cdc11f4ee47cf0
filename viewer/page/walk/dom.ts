/** Elements made in one go. */

type Child = Node | string | undefined | false;

/** An element with attributes and children; what is undefined is left out. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number | boolean | undefined>>,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : String(value));
  node.append(...children.filter((child) => child !== undefined && child !== false));
  return node;
}

/** A list to choose from. @param choices value and text of each. */
export function choice(
  label: string,
  choices: readonly (readonly [value: string, text: string])[],
  chosen: string,
  onChange: (value: string) => void,
): HTMLLabelElement {
  const list = make('select', {});
  list.append(...choices.map(([value, text]) => new Option(text, value, value === chosen, value === chosen)));
  list.addEventListener('change', () => onChange(list.value));
  return make('label', {}, `${label} `, list);
}

/** A table that scrolls sideways where the page is narrower, also from the keyboard. */
export const scrolling = (label: string, table: HTMLTableElement): HTMLElement =>
  make('div', { class: 'scroll', role: 'region', 'aria-label': label, tabindex: 0 }, table);

const MINUS = '−';

/** Whole numbers of points, with a sign. */
export function signed(rate: number): string {
  const points = Math.round(100 * rate);
  return points > 0 ? `+${points}` : points < 0 ? `${MINUS}${-points}` : '0';
}

/** Bounds in per cent or points. */
export function bounds({ low, high }: { readonly low: number; readonly high: number }): string {
  const whole = (rate: number): string =>
    String(Math.round(100 * rate))
      .replace('-', MINUS)
      .replace(/^−0$/, '0');
  return `[${whole(low)}, ${whole(high)}]`;
}

/** Thousands apart. */
export const count = (n: number): string => n.toLocaleString('en');
