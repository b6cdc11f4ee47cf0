import { describe, expect, it } from 'vitest';
import { figure, html, note, page, rateCell, section, table, when } from '../../../../scenarios/report/html/html.ts';

const HOSTILE = '<script>alert("x")</script>&\'';
const ESCAPED = '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;';

describe('html', () => {
  it('escapes text, whether in content or in an attribute', () => {
    expect(html`<p title="${HOSTILE}">${HOSTILE}</p>`.html).toBe(`<p title="${ESCAPED}">${ESCAPED}</p>`);
    expect(note(HOSTILE).html).toContain(ESCAPED);
    expect(section(HOSTILE, HOSTILE).html).not.toContain('<script');
    expect(page(HOSTILE, html``)).toContain(`<title>${ESCAPED}</title>`);
  });

  it('leaves markup and lists of it as they are, and numbers as they are written', () => {
    expect(html`<ul>${[1, 2].map((n) => html`<li>${n}</li>`)}</ul>`.html).toBe('<ul><li>1</li><li>2</li></ul>');
  });

  it('does not escape twice', () => {
    expect(html`${html`${'a & b'}`}`.html).toBe('a &amp; b');
  });

  it('makes what is not shown only where it is asked for', () => {
    expect(when(false, () => expect.fail('made in vain')).html).toBe('');
    expect(when(true, () => html`x`).html).toBe('x');
  });
});

describe('table', () => {
  it('heads each row by its first cell, and sets numbers to the right', () => {
    const { html: markup } = table([{ content: 'a' }, figure('b')], [[{ content: 'x' }, figure(1, 2)]]);
    expect(markup).toContain('<th scope="row">x</th><td class="number" colspan="2">1</td>');
    expect(markup).toContain('<th scope="col" class="number">b</th>');
  });
});

describe('rateCell', () => {
  it('shows a rate and its interval in per cent', () => {
    expect(rateCell({ rate: 0.5, low: 0.25, high: 0.751 }).html).toBe('50.0\u00a0% <small>[25.0,\u00a075.1]</small>');
  });
});
