/** Markup of the reports: a template that escapes, whole pages, sections, tables, plots. */

import type { TopLevelSpec } from 'vega-lite';
import { bounds, percent } from '../numbers.ts';
import { REPORT_CSS } from './css.ts';
import { type PlotSize, renderPlot } from './plot.ts';

/** Markup that is safe to put into a page. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | readonly Part[];

/** Template tag: text is escaped, markup and lists of it are not. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: strings.reduce((text, string, i) => text + markup(parts[i - 1]) + string) };
}

function markup(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return 'html' in part ? part.html : part.map(markup).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

const NOTHING = html``;

/** The markup, if there is something to show. */
export const when = (shown: boolean, content: () => Html): Html => (shown ? content() : NOTHING);

/** A whole document: no script, and a policy that forbids it to load anything. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${{ html: REPORT_CSS }}</style>
</head>
<body><main>${body}</main></body>
</html>
`.html;
}

/** Title and result. @param claims further sentences. */
export function verdictHeader(title: string, verdict: string, claims: readonly string[], context: string): Html {
  return html`<header>
<h1>${title}</h1>
<p class="verdict">${verdict}</p>
${when(claims.length > 0, () => html`<ul class="claims">${claims.map((claim) => html`<li>${claim}</li>`)}</ul>`)}
<p class="soft">${context}</p>
</header>`;
}

/** A headed part of the page. */
export function section(title: string, ...content: readonly Part[]): Html {
  return html`<section><h2>${title}</h2>${content}</section>`;
}

/** Explanatory text. */
export const note = (text: string): Html => html`<p class="soft">${text}</p>`;

/** Cell of a table; numbers are set to the right. */
export interface Cell {
  readonly content: Part;
  readonly number?: boolean;
  readonly span?: number;
  /** Inline style. */
  readonly style?: string;
}

/** A cell with a number. */
export const figure = (content: Part, span = 1): Cell => ({ content, number: true, span });

/**
 * A table that scrolls sideways where the page is narrower; the first cell of a row heads it.
 * @param look 'dense' sets intervals below their rates; 'heat' is for cells with a background.
 */
export function table(
  head: readonly Cell[],
  rows: readonly (readonly Cell[])[],
  look: 'plain' | 'dense' | 'heat' = 'plain',
): Html {
  const attributes = ({ number, span, style }: Cell): Html =>
    html`${number ? html` class="number"` : ''}${span && span > 1 ? html` colspan="${span}"` : ''}${style ? html` style="${style}"` : ''}`;
  return html`<div class="scroll"><table class="${look}">
<thead><tr>${head.map((cell) => html`<th scope="col"${attributes(cell)}>${cell.content}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first, ...rest]) => html`<tr><th scope="row">${first.content}</th>${rest.map(
      (cell) => html`<td${attributes(cell)}>${cell.content}</td>`,
    )}</tr>
`,
  )}</tbody>
</table></div>`;
}

/** A plot, drawn once for wide and once for narrow pages so that its letters stay readable. */
export async function plot(label: string, wide: PlotSize, spec: (size: PlotSize) => TopLevelSpec): Promise<Html> {
  const narrow = { width: Math.min(wide.width, 268), height: Math.min(wide.height, 220) };
  const [large, small] = [await renderPlot(spec(wide)), await renderPlot(spec(narrow))];
  return html`<figure class="plot" role="img" aria-label="${label}">
<div class="wide">${{ html: large }}</div><div class="narrow">${{ html: small }}</div>
</figure>`;
}

/** A rate and its interval for a table. */
export const rateCell = (rate: { rate: number; low: number; high: number }, digits = 1): Html =>
  html`${percent(rate.rate, digits)} <small>${bounds(rate, digits)}</small>`;
