/** Token: what a server may ask for, kept in memory alone. */
import { element } from '../../page/panel.ts';

/** The token of the page's address, `#token=...`, which is taken out of the address bar. */
function fromFragment(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? undefined;
  if (token !== undefined) history.replaceState(null, '', location.pathname + location.search);
  return token;
}

/** The token that is sent, and the field that asks for it. */
export class Token {
  value = fromFragment();

  /** @param given told when there is another one. */
  constructor(given: () => void) {
    element('token-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.value = element<HTMLInputElement>('token').value;
      given();
    });
    addEventListener('hashchange', () => {
      const token = fromFragment();
      if (token === undefined) return;
      this.value = token;
      given();
    });
  }

  /** Shows the field, or hides it. */
  ask(wanted: boolean): void {
    const form = element('token-form');
    const appears = wanted && form.hidden;
    form.hidden = !wanted;
    if (appears) element('token').focus();
  }
}
