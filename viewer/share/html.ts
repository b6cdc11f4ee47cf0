/** Markup of built pages: what they carry, their title, and what a browser lets them ask for. */
import { createHash } from 'node:crypto';
import { CARRIED_ID, carriedText } from '../page/share/carried.ts';
import { escapeHtml } from '../page/share/embed.ts';

const CARRIED = `<script type="application/json" id="${CARRIED_ID}">null</script>`;
const CHARSET = '<meta charset="utf-8" />';
const DESCRIPTION = /<meta name="description" content="[^"]*" \/>/;
const TITLE = /<title>[^<]*<\/title>/;
const END = '</body>';

/** Replaces what must be there once. @throws Error if a page was built without it. */
function replaced(html: string, what: string | RegExp, by: string): string {
  if (html.search(typeof what === 'string' ? escapeRegExp(what) : what) < 0)
    throw new Error(`page: expected ${what} in its markup, got none`);
  // a function, for a text may have dollar signs
  return html.replace(what, () => by);
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** The page with what it carries. */
export const withCarried = (html: string, carried: unknown): string =>
  replaced(
    html,
    CARRIED,
    CARRIED.replace('null', () => carriedText(carried)),
  );

/** The page under a name of its own, which link previews show, too. */
export function withTitle(html: string, title: string, description: string): string {
  const [name, about] = [escapeHtml(title), escapeHtml(description)];
  const named = replaced(html, TITLE, `<title>${name}</title>`);
  const meta = [
    `<meta name="description" content="${about}" />`,
    `<meta property="og:title" content="${name}" />`,
    `<meta property="og:description" content="${about}" />`,
  ];
  return replaced(named, DESCRIPTION, meta.join('\n    '));
}

/** The page with a block of data that no browser runs: a file in base64, or licences. */
export function withData(html: string, id: string, type: string, text: string): string {
  const block = `<script type="${type}" id="${id}">${text}</script>\n  `;
  return replaced(html, END, `${block}${END}`);
}

/** Content-Security-Policy: nothing but what is named. */
const policyOf = (sources: Readonly<Record<string, string>>): string =>
  Object.entries({
    'default-src': "'none'",
    ...sources,
    'base-uri': "'none'",
    'form-action': "'none'",
  })
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');

/** For pages whose scripts lie beside them: they ask their own folder's host, and nobody else. */
const BESIDE = policyOf({
  'script-src': "'self' 'wasm-unsafe-eval'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data: blob:",
  'connect-src': "'self'",
  'worker-src': "'self'",
});

/** For a page with all scripts in it: no others run. @param connects whether it fetches files from beside it. */
export function onePagePolicy(html: string, connects: boolean): string {
  const scripts = [...html.matchAll(/<script type="module">([\s\S]*?)<\/script>/g)].map(
    ([, code]) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`,
  );
  return policyOf({
    'script-src': scripts.join(' '),
    'style-src': "'unsafe-inline'",
    'img-src': 'data: blob:',
    ...(connects && { 'connect-src': "'self'" }),
  });
}

/** The page with a policy of its own, for hosts whose headers nobody can set. */
export const withPolicy = (html: string, policy = BESIDE): string =>
  replaced(html, CHARSET, `${CHARSET}\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`);
